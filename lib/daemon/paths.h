/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * paths.h - where the daemons and the tools meet. The build may set each with -D.
 */
#ifndef CM_DAEMON_PATHS_H
#define CM_DAEMON_PATHS_H

#ifndef CM_VERSION
#define CM_VERSION		"unknown"
#endif
#ifndef CM_RUN_DIR
#define CM_RUN_DIR		"/run/cmirror"		/* 0700 root; tmpfs: dies with the boot */
#endif
#ifndef CM_SYSCONF_DIR
#define CM_SYSCONF_DIR		"/etc"
#endif
#ifndef CM_PID_DIR
#define CM_PID_DIR		"/run"
#endif

#define CMIRRORD_PIDFILE	CM_PID_DIR "/cmirrord.pid"	/* LVM's name: it tests this lock */
#define CMIRRORD_SOCKET		CM_RUN_DIR "/cmirrord.sock"
#define CLVMD_SOCKET		CM_RUN_DIR "/clvmd.sock"
#define CM_CONF_FILE		CM_SYSCONF_DIR "/cmirror/cmirror.conf"

#endif
