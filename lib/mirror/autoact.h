/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * autoact.h - may this LV be active on this node? activation/volume_list,
 * activation/auto_activation_volume_list, and the tags of the host.
 */
#ifndef CM_MIRROR_AUTOACT_H
#define CM_MIRROR_AUTOACT_H

#include "lib/mirror/hosttags.h"
#include "lib/mirror/mir.h"

#define AUTOACT_LIST		"volume_list"			/* every activation */
#define AUTOACT_AUTO_LIST	"auto_activation_volume_list"	/* automatic ones, too */

struct autoact_lists {
	char *text;		/* the two settings as config text "key=[...]" */
	struct hosttags host;
};

/* Read them as stock lvm's configuration has them on this host; autoact_free(). 0 or negative with
 * @err. Blocks. */
int autoact_read(struct autoact_lists *lists, struct cm_errmsg *err) CM_MUST_CHECK;
void autoact_free(struct autoact_lists *lists);

/*
 * Does the list @key (one of the two words above) allow the mirror? Items: "vg", "vg/lv", "@tag" of
 * the LV or the VG, "@*" for any tag that the host has, too. An empty list allows nothing. An
 * absent one allows all; but without AUTOACT_LIST, a host that has tags activates only what has one
 * of them, as stock lvm does.
 *
 * Returns false and a line in @err that names the setting when it does not.
 */
bool autoact_allows(const struct autoact_lists *lists, const char *key, const struct mir *mir,
		    struct cm_errmsg *err);

#endif
