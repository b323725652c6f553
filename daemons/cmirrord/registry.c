/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAINS	2048u	/* a power of two, twice the instances */

CM_STATIC_ASSERT(CHAINS >= REGISTRY_INSTS_MAX);

struct registry {
	const struct log_type *type[REGISTRY_TYPES_MAX];
	uint32_t type_count;
	uint32_t inst_count;
	uint32_t chain[CHAINS];		/* index + 1 of the first; 0 = empty */
	struct reg_inst inst[REGISTRY_INSTS_MAX];
};

/* The luid is a kernel address: its low bits are alike, the multiplication spreads the others. */
static uint32_t chain_of(uint64_t luid)
{
	return (uint32_t)(luid * 0x9e3779b97f4a7c15ull >> 53);
}

CM_STATIC_ASSERT(CHAINS == 1u << (64 - 53));

int registry_create(struct registry **out)
{
	struct registry *reg = calloc(1, sizeof(*reg));

	if (!reg)
		return -ENOMEM;
	*out = reg;
	return 0;
}

void registry_destroy(struct registry *reg)
{
	free(reg);
}

void registry_type_add(struct registry *reg, const struct log_type *type)
{
	CM_ASSERT(reg->type_count < REGISTRY_TYPES_MAX);
	reg->type[reg->type_count++] = type;
}

const struct log_type *registry_type_find(const struct registry *reg, const char *word,
					  struct cm_errmsg *err)
{
	char known[256] = "";
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < reg->type_count; i++) {
		if (!strcmp(reg->type[i]->word, word))
			return reg->type[i];
		if (at < sizeof(known))
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
					       i ? ", " : "", reg->type[i]->word);
	}
	cm_err_set(err, "log type \"%s\" is not served here; known: %s", word, known);
	return NULL;
}

struct reg_inst *registry_find(struct registry *reg, const char *uuid, uint64_t luid)
{
	uint32_t at;

	for (at = reg->chain[chain_of(luid)]; at; at = reg->inst[at - 1].next)
		if (reg->inst[at - 1].luid == luid && !strcmp(reg->inst[at - 1].uuid, uuid))
			return &reg->inst[at - 1];
	return NULL;
}

int registry_add(struct registry *reg, const char *uuid, uint64_t luid, const struct log_type *type,
		 void *log, struct reg_inst **out)
{
	uint32_t *chain = &reg->chain[chain_of(luid)];
	struct reg_inst *inst;
	uint32_t i;

	CM_ASSERT(!registry_find(reg, uuid, luid) && strlen(uuid) < sizeof(inst->uuid));
	for (i = 0; i < REGISTRY_INSTS_MAX && reg->inst[i].is_used; i++)
		;
	if (i == REGISTRY_INSTS_MAX)
		return -ENOSPC;
	inst = &reg->inst[i];
	*inst = (struct reg_inst){.is_used = true, .luid = luid, .type = type, .log = log,
				  .next = *chain};
	memcpy(inst->uuid, uuid, strlen(uuid) + 1);
	*chain = i + 1;
	reg->inst_count++;
	*out = inst;
	return 0;
}

void registry_del(struct registry *reg, struct reg_inst *inst)
{
	uint32_t index = (uint32_t)(inst - reg->inst) + 1;
	uint32_t *at = &reg->chain[chain_of(inst->luid)];

	while (*at != index) {
		CM_ASSERT(*at);
		at = &reg->inst[*at - 1].next;
	}
	*at = inst->next;
	inst->is_used = false;
	reg->inst_count--;
}

uint32_t registry_count(const struct registry *reg)
{
	return reg->inst_count;
}
