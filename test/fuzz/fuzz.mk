# SPDX-License-Identifier: GPL-2.0-only
# Part of test/Makefile: fuzz/replay, which make check runs, and make fuzz [FUZZ=NAME] [FUZZ_S=60].
# New fuzzers are found by wildcard.

FUZZERS = $(patsubst fuzz/fuzz_%.c,%,$(call sources,fuzz/fuzz_*.c))

# ---- replay: built as everything else is; each fuzzer's function gets its own name ----

REPLAY = fuzz/replay
REPLAY_OBJECTS = fuzz/replay.o fuzz/fuzz.o $(FUZZERS:%=fuzz/fuzz_%.o)

$(foreach f,$(FUZZERS),$(eval \
	fuzz/fuzz_$(f).o: CM_CPPFLAGS += -DLLVMFuzzerTestOneInput=fuzz_$(f)_one))
fuzz/replay.o: CM_CPPFLAGS += '-DFUZZ_LIST(X)=$(patsubst %,X(%),$(FUZZERS))'
fuzz/replay.o: fuzz/names.list
fuzz/names.list: FORCE
	@mkdir -p fuzz
	@echo '$(FUZZERS)' | cmp -s - $@ || echo '$(FUZZERS)' > $@

# What a fuzzer includes to reach a static function stands in front of the archive that has it too.
$(REPLAY): $(REPLAY_OBJECTS) lib/libtest.a $(PROGRAM_ARCHIVES) $(LIB_ARCHIVES)
	$(SAY) "  LD  $(subdir)/$@"
	$(Q)$(call link,$^,$(PKG_LIBS))

# ---- the fuzzers: everything once more with clang, in fuzz/clang ----

FUZZ_S = 60
FUZZ =
FUZZ_CC = clang
FUZZ_CFLAGS = -std=gnu11 -O1 -g -pthread -fno-omit-frame-pointer -fno-common \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_SOURCES = $(patsubst $(top_srcdir)/%,%,$(foreach f,$(LIB_FOLDERS) daemons/cmirrord \
	daemons/clvmd tools,$(sort $(wildcard $(top_srcdir)/$(f)/*.c))))
FUZZ_MAINS = daemons/cmirrord/main.c daemons/clvmd/main.c tools/cmirrorctl.c tools/cmlvm.c
FUZZ_OBJECTS = $(patsubst %.c,fuzz/clang/%.o,$(filter-out $(FUZZ_MAINS),$(FUZZ_SOURCES)))
FUZZ_PROGRAMS = $(FUZZERS:%=fuzz/clang/fuzz_%)
FUZZ_WANTED = $(or $(FUZZ),$(FUZZERS))

.PHONY: fuzz fuzz-clang
.SECONDARY: $(FUZZERS:%=fuzz/clang/test/fuzz/fuzz_%.o)
fuzz: $(FUZZ_WANTED:%=fuzz/clang/fuzz_%)
	@exec $(top_srcdir)/test/fuzz/run fuzz/clang '$(FUZZ_S)' $(FUZZ_WANTED)

# Is it all there? Once, before anything is compiled.
fuzz-clang:
	@$(top_srcdir)/test/fuzz/run --need '$(FUZZ_CC)'

fuzz/clang/%.o: $(top_srcdir)/%.c $(top_builddir)/make.tmpl | fuzz-clang
	$(SAY) "  FUZZ-CC  $*.c"
	$(Q)mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(CM_CPPFLAGS) $(WARN) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -MMD -MP \
		-c -o $@ $<

$(eval $(call archive_rule,fuzz/clang/libfuzz.a,$(FUZZ_OBJECTS)))
fuzz/clang/libfuzz.a.list: | fuzz/clang
fuzz/clang:
	@mkdir -p $@

$(FUZZ_PROGRAMS): fuzz/clang/fuzz_%: fuzz/clang/test/fuzz/fuzz_%.o fuzz/clang/test/fuzz/fuzz.o \
		fuzz/clang/libfuzz.a
	$(SAY) "  FUZZ-LD  $@"
	$(Q)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

FUZZ_CLEAN = fuzz/*.o fuzz/*.d fuzz/*.list $(REPLAY) fuzz/clang
FUZZ_DEPENDS = $(wildcard fuzz/*.d) \
	$(patsubst %.o,%.d,$(wildcard $(FUZZ_OBJECTS) fuzz/clang/test/fuzz/*.o))

# A fuzzer of which one decoder is not as it should be: $(FUZZ_MUTANT)/tree has that file
# (test/all/fuzz-mutants.sh). It stands in front of the archive, or is included.
ifneq ($(FUZZ_MUTANT),)
$(FUZZ_MUTANT)/fuzz_%: $(top_srcdir)/test/fuzz/fuzz_%.c fuzz/clang/test/fuzz/fuzz.o \
		fuzz/clang/libfuzz.a
	$(Q)grep -q '"$(FUZZ_MUTANT_FILE)"' $< || $(FUZZ_CC) -I$(FUZZ_MUTANT)/tree \
		$(CM_CPPFLAGS) -w $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c \
		-o $(FUZZ_MUTANT)/tree/mutant.o $(FUZZ_MUTANT)/tree/$(FUZZ_MUTANT_FILE)
	$(Q)$(FUZZ_CC) -I$(FUZZ_MUTANT)/tree $(CM_CPPFLAGS) -w $(FUZZ_CFLAGS) \
		-fsanitize=fuzzer -o $@ $< $$(ls $(FUZZ_MUTANT)/tree/mutant.o 2> /dev/null) \
		$(filter %.o %.a,$^) $(PKG_LIBS)
endif
