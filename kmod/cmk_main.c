// SPDX-License-Identifier: GPL-2.0-only
/* cmk_main.c - load and unload. */
#include <linux/module.h>

#include "cmk.h"

DEFINE_MUTEX(cmk_mutex);	/* the list, and each command of the daemon */
LIST_HEAD(cmk_logs);
struct workqueue_struct *cmk_wq;

static int __init cmk_init(void)
{
	int r;

	cmk_luids_init();
	cmk_wq = alloc_workqueue("cmirror", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!cmk_wq)
		return -ENOMEM;
	r = cmk_nl_register();
	if (r)
		goto err_wq;
	r = cmk_types_register();
	if (r)
		goto err_nl;
	return 0;

err_nl:
	cmk_nl_unregister();
err_wq:
	destroy_workqueue(cmk_wq);
	return r;
}

/* No instance is left: each holds the module by its type; nor legs that one has left behind. */
static void __exit cmk_exit(void)
{
	cmk_types_unregister();
	cmk_nl_unregister();
	destroy_workqueue(cmk_wq);
}

module_init(cmk_init);
module_exit(cmk_exit);

MODULE_DESCRIPTION("device-mapper dirty log of clustered mirrors");
MODULE_AUTHOR("cmirror developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(CMK_VERSION);
MODULE_ALIAS("dm-log-cmirror-disk");
MODULE_ALIAS("dm-log-cmirror-core");
MODULE_ALIAS_GENL_FAMILY(CMIRROR_FAMILY);
