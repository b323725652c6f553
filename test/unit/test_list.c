/* SPDX-License-Identifier: GPL-2.0-only */
/* test_list.c - base/list.h. */
#include "base/list.h"

#include <string.h>

#include "test/lib/tap.h"

struct item {
	char name;
	struct list link;
};

static const char *names(const struct list *head, char *text)
{
	struct list *pos;
	char *at = text;

	list_for_each(pos, head)
		*at++ = list_entry(pos, struct item, link)->name;
	*at = '\0';
	return text;
}

static void tear(void *arg)
{
	struct list *link = arg;

	link->next = link->next->next;
	list_del(link);
}

int main(void)
{
	struct item a = { 'a', { 0, 0 } }, b = { 'b', { 0, 0 } }, c = { 'c', { 0, 0 } };
	struct list head, other, *pos, *ahead;
	char text[8];

	list_init(&head);
	OK(list_empty(&head), "a new list is empty");
	IS_STR(names(&head, text), "", "and has no elements");
	list_add_tail(&head, &b.link);
	list_add_tail(&head, &c.link);
	list_add_head(&head, &a.link);
	IS_STR(names(&head, text), "abc", "behind and in front");
	OK(!list_empty(&head) && !list_empty(&b.link), "neither list nor link is empty");
	OK(tap_dies(tear, &b.link), "a torn list is found");

	list_del(&b.link);
	IS_STR(names(&head, text), "ac", "out of the middle");
	OK(list_empty(&b.link), "a link says that it is in no list");
	list_del(&b.link);
	IS_STR(names(&head, text), "ac", "out twice is out once");
	list_init(&other);
	list_add_head(&other, &b.link);
	IS_STR(names(&other, text), "b", "into another list");

	list_for_each_safe(pos, ahead, &head)
		list_del(pos);
	OK(list_empty(&head), "every element deleted on the way");
	return tap_done();
}
