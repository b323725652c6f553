/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live configuration of dlm_controld; what "dlm_tool dump_config" prints. dlm.conf itself does
 * not do: command line options override it, and it may have been edited since.
 */
#include "lib/cluster/clu_dlmcontrol.h"

#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <libdlm.h>
#include <libdlmcontrol.h>

#include "base/err.h"

CM_STATIC_ASSERT(CLU_DLMCONTROL_BYTES > DLMC_DUMP_SIZE);

int clu_dlmcontrol_fencing(char *buf, bool *is_on)
{
	memset(buf, 0, CLU_DLMCONTROL_BYTES);
	if (dlmc_dump_config(buf) < 0)
		return CM_E_CLU_LOST;
	return clu_dlmcontrol_parse(buf, is_on);
}

/* "1", "0": the first character behind "\nkey="; '\0' when the line is not there. */
static char value_of(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *line;

	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 && line[len] == '=')
			return line[len + 1];
	}
	return '\0';
}

int clu_dlmcontrol_parse(const char *text, bool *is_on)
{
	char fencing = value_of(text, "enable_fencing");
	char startup = value_of(text, "enable_startup_fencing");

	if ((fencing != '0' && fencing != '1') || (startup != '0' && startup != '1'))
		return CM_E_CLU_LOST;
	*is_on = fencing == '1' && startup == '1';
	return 0;
}
