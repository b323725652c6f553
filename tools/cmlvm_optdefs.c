/* SPDX-License-Identifier: GPL-2.0-only */
/* The option lists of lvcreate(8), lvchange(8), vgchange(8) and lvremove(8), version 2.03. */
#include "tools/cmlvm_opts.h"

/* Every lvm command has these. */
#define OPT_DEFS_COMMON \
	{ "debug", 'd', false },	{ "help", 'h', false },		\
	{ "quiet", 'q', false },	{ "verbose", 'v', false },	\
	{ "yes", 'y', false },		{ "test", 't', false },		\
	{ "commandprofile", 0, true },	{ "config", 0, true },		\
	{ "driverloaded", 0, true },	{ "nolocking", 0, false },	\
	{ "lockopt", 0, true },		{ "longhelp", 0, false },	\
	{ "profile", 0, true },		{ "version", 0, false },	\
	{ "devicesfile", 0, true },	{ "devices", 0, true },		\
	{ "nohints", 0, false },	{ "journal", 0, true },		\
	{ "autobackup", 'A', true },	{ "noudevsync", 0, false },	\
	{ "reportformat", 0, true }

/* The two commands that activate share these. "available" is the old name of -a. */
#define OPT_DEFS_ACTIVATE \
	{ "activate", 'a', true },	{ "available", 'a', true },	\
	{ "ignoreactivationskip", 'K', false },				\
	{ "partial", 'P', false },	{ "activationmode", 0, true },	\
	{ "monitor", 0, true },		{ "poll", 0, true },		\
	{ "ignorelockingfailure", 0, false }, { "ignoremonitoring", 0, false }, \
	{ "sysinit", 0, false },	{ "readonly", 0, false },	\
	{ "select", 'S', true },	{ "force", 'f', false },	\
	{ "addtag", 0, true },		{ "deltag", 0, true },		\
	{ "alloc", 0, true },		{ "detachprofile", 0, false },	\
	{ "metadataprofile", 0, true },	{ "setautoactivation", 0, true }, \
	{ "refresh", 0, false }

const struct opt_def opt_defs_lvcreate[] = {
	OPT_DEFS_COMMON,
	{ "activate", 'a', true },	{ "available", 'a', true },
	{ "addtag", 0, true },		{ "alloc", 0, true },
	{ "cache", 'H', false },	{ "cachedevice", 0, true },
	{ "cachemetadataformat", 0, true }, { "cachemode", 0, true },
	{ "cachepolicy", 0, true },	{ "cachepool", 0, true },
	{ "cachesettings", 0, true },	{ "cachesize", 0, true },
	{ "cachevol", 0, true },	{ "chunksize", 'c', true },
	{ "compression", 0, true },	{ "contiguous", 'C', true },
	{ "corelog", 0, false },	{ "deduplication", 0, true },
	{ "discards", 0, true },	{ "errorwhenfull", 0, true },
	{ "extents", 'l', true },	{ "ignoreactivationskip", 'K', false },
	{ "ignoremonitoring", 0, false }, { "major", 'j', true },
	{ "maxrecoveryrate", 0, true },	{ "metadataprofile", 0, true },
	{ "minor", 0, true },		{ "minrecoveryrate", 0, true },
	{ "mirrorlog", 0, true },	{ "mirrors", 'm', true },
	{ "monitor", 0, true },		{ "name", 'n', true },
	{ "nosync", 0, false },		{ "permission", 'p', true },
	{ "persistent", 'M', true },	{ "poolmetadatasize", 0, true },
	{ "poolmetadataspare", 0, true }, { "raidintegrity", 0, true },
	{ "raidintegrityblocksize", 0, true }, { "raidintegritymode", 0, true },
	{ "raidmaxrecoveryrate", 0, true }, { "raidminrecoveryrate", 0, true },
	{ "readahead", 'r', true },	{ "regionsize", 'R', true },
	{ "setactivationskip", 'k', true }, { "setautoactivation", 0, true },
	{ "size", 'L', true },		{ "snapshot", 's', false },
	{ "stripes", 'i', true },	{ "stripesize", 'I', true },
	{ "thin", 'T', false },		{ "thinpool", 0, true },
	{ "type", 0, true },		{ "vdo", 0, false },
	{ "vdopool", 0, true },		{ "vdosettings", 0, true },
	{ "virtualoriginsize", 0, true }, { "virtualsize", 'V', true },
	{ "wipesignatures", 'W', true }, { "zero", 'Z', true },
	{ NULL, 0, false },
};

const struct opt_def opt_defs_lvchange[] = {
	OPT_DEFS_COMMON,
	OPT_DEFS_ACTIVATE,
	{ "cachemode", 0, true },	{ "cachepolicy", 0, true },
	{ "cachesettings", 0, true },	{ "compression", 0, true },
	{ "contiguous", 'C', true },	{ "deduplication", 0, true },
	{ "discards", 0, true },	{ "errorwhenfull", 0, true },
	{ "major", 'j', true },		{ "maxrecoveryrate", 0, true },
	{ "minor", 0, true },		{ "minrecoveryrate", 0, true },
	{ "permission", 'p', true },	{ "persistent", 'M', true },
	{ "raidmaxrecoveryrate", 0, true }, { "raidminrecoveryrate", 0, true },
	{ "raidsyncaction", 0, true },	{ "raidwritebehind", 0, true },
	{ "raidwritemostly", 0, true },	{ "readahead", 'r', true },
	{ "rebuild", 0, true },		{ "resync", 0, false },
	{ "setactivationskip", 'k', true }, { "syncaction", 0, true },
	{ "vdosettings", 0, true },	{ "writebehind", 0, true },
	{ "writemostly", 0, true },	{ "zero", 'Z', true },
	{ NULL, 0, false },
};

const struct opt_def opt_defs_vgchange[] = {
	OPT_DEFS_COMMON,
	OPT_DEFS_ACTIVATE,
	{ "autoactivation", 0, true },	{ "clustered", 'c', true },
	{ "lockstart", 0, false },	{ "lock-start", 0, false },
	{ "lockstop", 0, false },	{ "lock-stop", 0, false },
	{ "locktype", 0, true },	{ "lock-type", 0, true },
	{ "logicalvolume", 'l', true },	{ "maxphysicalvolumes", 'p', true },
	{ "metadatacopies", 0, true },	{ "physicalextentsize", 's', true },
	{ "pvmetadatacopies", 0, true }, { "resizable", 'x', true },
	{ "resizeable", 'x', true },	{ "systemid", 0, true },
	{ "uuid", 'u', false },		{ "vgmetadatacopies", 0, true },
	{ NULL, 0, false },
};

const struct opt_def opt_defs_lvremove[] = {
	OPT_DEFS_COMMON,
	{ "force", 'f', false },	{ "select", 'S', true },
	{ "nohistory", 0, false },
	{ NULL, 0, false },
};
