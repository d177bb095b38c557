# SPDX-License-Identifier: MIT
# Completion of a pubsub command for fish, installed once per command under its name. Nothing
# about it is written down here: the command tells its options by itself (--list-options, see
# tools/cli/completion.h), so that this file can't fall behind.

# A word of the command line as the command will see it, as far as that needs no expansion but of ~.
function __pubsub_plain --argument-names word
    string replace -r '^~/' "$HOME/" -- (string unescape -- $word)
end

# Another command of ours on the home of this command line, from where the one at hand is.
function __pubsub_run --argument-names command
    set -l words (commandline -opc)
    set -l home
    for place in (seq 2 (count $words))
        switch $words[$place]
            case --home --home-owner
                set -q words[(math $place + 1)]
                and set -a home $words[$place] (__pubsub_plain $words[(math $place + 1)])
            case '--home=*' '--home-owner=*'
                set -l both (string split -m 1 = -- $words[$place])
                set -a home $both[1] (__pubsub_plain $both[2])
        end
    end
    set -l directory (string replace -r '[^/]*$' '' -- (__pubsub_plain $words[1]))
    "$directory"pubsub-$command $home $argv[2..-1] </dev/null 2>/dev/null
end

# The operands before the word at hand. An option's argument is none; options that take one are given.
function __pubsub_operands
    set -l words (commandline -opc)
    set -l found
    set -l place 2
    while test $place -le (count $words)
        switch $words[$place]
            case --
                set -a found $words[(math $place + 1)..-1]
                break
            case '-?*'
                contains -- $words[$place] $argv; and set place (math $place + 1)
            case '*'
                set -a found $words[$place]
        end
        set place (math $place + 1)
    end
    string join \n -- $found
end

# The word at hand without the option that it may be the argument of.
function __pubsub_argument
    commandline -ct | string replace -r '^(--[^=]+=|-[^-])' ''
end

# Prints the words of one kind.
function __pubsub_kind --argument-names kind
    set -l all '^\{"name":"([^"]*)","pattern":"([^"]*)".*'
    set -l name '.*"durable":"([^"]*)".*'
    switch $kind
        case file
            __fish_complete_path (__pubsub_argument)
        case directory
            __fish_complete_directories (__pubsub_argument) ''
        case user
            __fish_complete_users
        case group
            __fish_complete_groups
        case pattern
            __pubsub_run ls --json | string replace -rf $all '$2'
        case topic
            __pubsub_run ls --json | string replace -rf $all '$2' | string match -rv '[=+]'
        case channel
            set -l lines (__pubsub_run ls --json)
            string replace -rf $name '$1' -- $lines
            string replace -rf $all '$1' -- $lines
        case durable
            set -l lines (__pubsub_run ls --json | string match '*"kind":"durable"*')
            string replace -rf $name '$1' -- $lines
            string replace -rf $all '$1' -- $lines
        case name
            __pubsub_run ls --json | string match '*"kind":"durable"*' |
                string replace -rf $name '$1'
        case letter
            # The channel whose letters are meant is the second operand.
            set -l operands (__pubsub_operands --pattern --home --home-owner)
            __pubsub_run dead list --json -- $operands[2] |
                string replace -rf '^\{"id":"([^"]*)".*' '$1'
        case verb
            set -l command (__pubsub_plain (commandline -opc)[1])
            $command --list-verbs 2>/dev/null
        case 'words:*'
            string replace words: '' -- $kind | string split ,
    end
end

# Prints what is of some kinds.
function __pubsub_offer
    for kind in $argv
        __pubsub_kind $kind
    end
end

# Prints what an operand may be at its place. Kinds of places stand before --, and options that take
# an argument behind it.
function __pubsub_operand
    set -l split (contains -i -- -- $argv)
    set -l places $argv[1..(math $split - 1)]
    set -l place (math 1 + (__pubsub_operands $argv[(math $split + 1)..-1] | count))
    test $place -gt (count $places); and set place (count $places)
    __pubsub_offer (string split ' ' -- $places[$place])
end

# Whether the word at hand belongs to a command of the user's, behind one of the given options.
function __pubsub_in_command
    set -l words (commandline -opc)
    for option in $argv
        contains -- $option $words[2..-1]; and return
    end
    return 1
end

# Completes that command and its arguments.
function __pubsub_command
    set -l words (commandline -opc) (commandline -ct)
    while not contains -- $words[1] $argv
        set -e words[1]
    end
    complete -C (string join ' ' -- (string escape -- $words[2..-2]) $words[-1])
end

# Whether the word at hand belongs to the VERB of pubsub VERB, and what completes it: pubsub-VERB is
# the command.
function __pubsub_in_verb
    set -l words (commandline -opc)
    string match -qrv '^-' -- $words[2]
end

function __pubsub_verb
    set -l words (commandline -opc) (commandline -ct)
    if test "$words[2]" = help
        __pubsub_kind verb
        return
    end
    complete -C (string join ' ' -- $words[1]-$words[2] (string escape -- $words[3..-2]) $words[-1])
end

function __pubsub_register --argument-names command
    set -l places
    set -l takers
    set -l rest
    set -l rows ($command --list-options 2>/dev/null)
    for row in $rows
        set -l field (string split \t -- $row)
        if test "$field[1]" = operand
            set -a places $field[4]
        else if test "$field[3]" != -
            set -a takers (string match -- '-?*' $field[1..2])
            test "$field[4]" = command; and set -a rest $field[1]
        end
    end
    set -l own "not __pubsub_in_command $rest"
    complete -c $command -f
    if test $command = pubsub
        set own 'not __pubsub_in_verb'
        complete -c pubsub -n __pubsub_in_verb -a '(__pubsub_verb)'
    end
    for row in $rows
        set -l field (string split \t -- $row)
        set -l names -l (string sub -s 3 -- $field[1])
        test "$field[2]" != -; and set -a names -s (string sub -s 2 -- $field[2])
        if test "$field[1]" = operand
            continue
        else if test "$field[3]" = -
            complete -c $command -n $own $names -d $field[5]
        else if test "$field[4]" = command
            complete -c $command -n $own $names -d $field[5] -xa '(__fish_complete_command)'
        else
            complete -c $command -n $own $names -d $field[5] -xa "(__pubsub_offer $field[4])"
        end
    end
    complete -c $command -n $own \
        -a "(__pubsub_operand $(string escape -- $places | string join ' ') -- $takers)"
    test -n "$rest"
    and complete -c $command -n "__pubsub_in_command $rest" -a "(__pubsub_command $rest)"
end

__pubsub_register (basename (status filename) .fish)
