# SPDX-License-Identifier: MIT
# Completion of a pubsub command for fish, installed once per command under its name. Nothing
# about it is written down here: the command tells its options by itself (--list-options), so that
# this file can't fall behind.

# The topics or patterns that somebody subscribes to now; a publisher can't use a wildcard.
function __pubsub_topics --argument-names command
    set -l topics (pubsub-ls --json 2>/dev/null | string replace -rf '.*"pattern":"([^"]*)".*' '$1')
    if test "$command" = pubsub-publish
        string match -rv '[=+]' -- $topics
    else
        string join \n -- $topics
    end
end

# The channels of now: names of durable ones, directories of all.
function __pubsub_channels
    set -l lines (pubsub-ls --json 2>/dev/null)
    string replace -rf '.*"durable":"([^"]*)".*' '$1' -- $lines | sort -u
    string replace -rf '^\{"name":"([^"]*)".*' '$1' -- $lines
end

# What fish has to run to complete an argument of that kind.
function __pubsub_action --argument-names command kind
    switch $kind
        case file
            echo '(__fish_complete_path (commandline -ct))'
        case directory
            echo '(__fish_complete_directories (commandline -ct))'
        case command
            echo '(__fish_complete_command)'
        case topic
            echo "(__pubsub_topics $command)"
        case user
            echo '(__fish_complete_users)'
        case group
            echo '(__fish_complete_groups)'
        case channel
            echo '(__pubsub_channels)'
        case 'words:*'
            string replace words: '' -- $kind | string replace -a , ' '
    end
end

function __pubsub_register --argument-names command
    complete -c $command -f
    $command --list-options 2>/dev/null | while read -l -d \t name short argument kind help
        set -l action (__pubsub_action $command $kind)
        set -l names -l (string sub -s 3 -- $name)
        test "$short" != -; and set -a names -s (string sub -s 2 -- $short)
        if test "$name" = operand
            # An empty action would have fish print what it knows so far.
            test -n "$action"; and complete -c $command -a "$action"
        else if test "$argument" = -
            complete -c $command $names -d $help
        else
            complete -c $command $names -d $help -xa "$action"
        end
    end
end

__pubsub_register (basename (status filename) .fish)
