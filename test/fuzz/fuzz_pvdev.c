/* SPDX-License-Identifier: GPL-2.0-only */
/* The first sectors of a physical volume. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/mirror/pvdev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char uuid[MIR_UUID_BYTES];
	struct buf_rd rd;
	uint8_t *head;

	rd_init(&rd, data, size);
	head = fuzz_take(&rd, PVDEV_LABEL_BYTES);
	if (!pvdev_label_uuid(head, uuid)) {
		CM_ASSERT(strlen(uuid) == MIR_UUID_BYTES - 1 && uuid[6] == '-' && uuid[31] == '-');
		CM_ASSERT(memmem(head, PVDEV_LABEL_BYTES, uuid + 32, 6));
	}
	free(head);
	return 0;
}
