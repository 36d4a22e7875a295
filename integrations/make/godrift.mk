# `make check-env`: is this Go environment the one that the project expects? Include it from a Makefile of GNU make (3.81 or newer):
#   include $(shell npm root --global)/godrift/integrations/make/godrift.mk
# A finding fails the target with godrift's exit code (make names it, and exits 2 itself), and what differs from the baseline is in GODRIFT_DIFF.
GODRIFT ?= godrift
GODRIFT_WORKSPACE ?= .
GODRIFT_FAIL_ON ?= minor
GODRIFT_DIFF ?= env-fingerprint.diff
# More options of `godrift check`, as the shell reads them.
GODRIFT_ARGS ?=

# The first target of the including Makefile stays its default.
godrift-default-goal := $(.DEFAULT_GOAL)

.PHONY: check-env
# Names reach the shell through its environment, so that none of them is read as a command.
check-env: export CHECK_ENV_WORKSPACE = $(value GODRIFT_WORKSPACE)
check-env: export CHECK_ENV_FAIL_ON = $(value GODRIFT_FAIL_ON)
check-env: export CHECK_ENV_DIFF = $(value GODRIFT_DIFF)
check-env:
	@$(GODRIFT) check "--fail-on=$$CHECK_ENV_FAIL_ON" "--write-diff=$$CHECK_ENV_DIFF" $(GODRIFT_ARGS) -- "$$CHECK_ENV_WORKSPACE"

.DEFAULT_GOAL := $(godrift-default-goal)
