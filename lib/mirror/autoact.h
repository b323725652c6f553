/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * autoact.h - may this LV be active on this node? activation/volume_list,
 * activation/auto_activation_volume_list.
 */
#ifndef CM_MIRROR_AUTOACT_H
#define CM_MIRROR_AUTOACT_H

#include "lib/mirror/mir.h"

struct autoact_lists {		/* the two settings as config text "key=[...]"; free() */
	char *text;
};

/* Read them from stock lvm's configuration. 0 or negative with @err. Blocks. */
int autoact_read(struct autoact_lists *lists, struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * Does the list @key ("volume_list", "auto_activation_volume_list") in @text allow the mirror? An
 * absent list allows all, an empty one nothing. Items: "vg", "vg/lv", "@tag" of the LV or the VG.
 * "@*" (tags of the host) matches nothing here. Returns false and a line in @err that names the
 * setting when it does not.
 */
bool autoact_allows(const char *text, const char *key, const struct mir *mir,
		    struct cm_errmsg *err);

#endif
