// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults.c - does on purpose what the debug kernel is to find (test/shell/421-detectors), when its
 * parameter "run" is given the name of a fault. For that kernel only: any other may die of it.
 */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#define BYTES	200

static int __rcu *rcu_pointer;
static struct list_head *list_seen;

static int use_after_free(void)
{
	char *p = kmalloc(BYTES, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	kfree(p);
	return READ_ONCE(p[1]) & 1;
}

static int out_of_bounds(void)
{
	char *p = kmalloc(BYTES, GFP_KERNEL);
	int at = BYTES, r;

	if (!p)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(at);
	r = READ_ONCE(p[at]) & 1;
	kfree(p);
	return r;
}

static int lock_order(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
	return 0;
}

/* It need not wait; but it could. */
static int sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);
	void *p;

	spin_lock(&lock);
	p = kmalloc(BYTES, GFP_KERNEL);
	spin_unlock(&lock);
	kfree(p);
	return 0;
}

static int rcu_unlocked(void)
{
	return rcu_dereference(rcu_pointer) ? 1 : 0;
}

static int leak(void)
{
	int i;

	/* More than one: an old value may lie on some stack. */
	for (i = 0; i < 20; i++)
		if (!kmalloc(BYTES, GFP_KERNEL))
			return -ENOMEM;
	return 0;
}

static int refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
	return 0;
}

static int list_twice(void)
{
	struct list_head head, entry;

	INIT_LIST_HEAD(&head);
	list_add(&entry, &head);
	list_seen = &entry;
	list_add(list_seen, &head);
	return 0;
}

static void nothing(struct timer_list *timer)
{
}

static int free_active_timer(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return -ENOMEM;
	timer_setup(timer, nothing, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);		/* debugobjects takes it off in time */
	return 0;
}

/* No fault: memory that may be refused. */
static int allocate(void)
{
	void *p = kmalloc(BYTES, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	kfree(p);
	return 0;
}

static int allocate_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	__free_page(page);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} faults[] = {
	{ "use-after-free", use_after_free },
	{ "out-of-bounds", out_of_bounds },
	{ "lock-order", lock_order },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "rcu-unlocked", rcu_unlocked },
	{ "leak", leak },
	{ "refcount", refcount },
	{ "list-twice", list_twice },
	{ "free-active-timer", free_active_timer },
	{ "allocate", allocate },
	{ "allocate-page", allocate_page },
};

static int run_set(const char *name, const struct kernel_param *kp)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (sysfs_streq(name, faults[i].name))
			return min(faults[i].run(), 0);
	return -EINVAL;
}

static const struct kernel_param_ops run_ops = { .set = run_set };

module_param_cb(run, &run_ops, NULL, 0200);
MODULE_DESCRIPTION("Faults for the debug kernel to find");
MODULE_LICENSE("GPL");
