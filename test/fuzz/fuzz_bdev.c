/* SPDX-License-Identifier: GPL-2.0-only */
/* "major:minor" of a table or a request. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "lib/store/bdev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *end;
	dev_t number;

	if (!bdev_number_parse(text, &number)) {
		CM_ASSERT(strspn(text, "0123456789:") == strlen(text));
		CM_ASSERT(strtoull(text, &end, 10) == major(number) && *end == ':');
		CM_ASSERT(strtoull(end + 1, &end, 10) == minor(number) && !*end);
	}
	free(text);
	return 0;
}
