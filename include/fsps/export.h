/* SPDX-License-Identifier: MIT */
/* What marks a declaration as part of the API, in C and in C++. */
#ifndef FSPS_EXPORT_H
#define FSPS_EXPORT_H

#ifdef __cplusplus
#define FSPS_BEGIN_DECLS extern "C" {
#define FSPS_END_DECLS   }
#else
#define FSPS_BEGIN_DECLS
#define FSPS_END_DECLS
#endif

#if defined(__GNUC__)
#define FSPS_EXPORT __attribute__((visibility("default")))
#else
#define FSPS_EXPORT
#endif

#endif
