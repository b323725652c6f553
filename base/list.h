/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list.h - doubly linked list with its links inside the elements.
 *
 * A head and an element's link are both a struct list. A link that is in no list points at itself,
 * so list_empty() of an element's link says whether the element is on no list; for that, links are
 * initialised with list_init() before their first use.
 *
 * No allocation, nobody owns anything. Any thread, one at a time per list.
 */
#ifndef CM_BASE_LIST_H
#define CM_BASE_LIST_H

#include <stdbool.h>

#include "base/assert.h"

struct list {
	struct list *prev, *next;
};

static inline void list_init(struct list *list)
{
	list->prev = list;
	list->next = list;
}

/* A head without elements, or a link that is in no list. */
static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

/* @link must be in no list, but need not be initialised. */
static inline void list_add_tail(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

/* As list_add_tail(), but in front. */
static inline void list_add_head(struct list *head, struct list *link)
{
	link->prev = head;
	link->next = head->next;
	head->next->prev = link;
	head->next = link;
}

/* Take @link out of its list; nothing happens when it is in none. */
static inline void list_del(struct list *link)
{
	CM_ASSERT(link->prev->next == link && link->next->prev == link);
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

/* The element of type @type whose member @member is the link @ptr. */
#define list_entry(ptr, type, member) CM_CONTAINER_OF(ptr, type, member)

/* @pos: a struct list * of the caller; walks the links. The list must not change meanwhile. */
#define list_for_each(pos, head) \
	for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

/* As list_for_each(), but the body may delete and free @pos; @ahead is another pointer. */
#define list_for_each_safe(pos, ahead, head) \
	for ((pos) = (head)->next, (ahead) = (pos)->next; (pos) != (head); \
	     (pos) = (ahead), (ahead) = (pos)->next)

#endif
