/** Makefile: builds the module against the headers of a kernel. It installs nothing. */

/**
 * The text. Warnings are errors, so that what was generated is as the kernel's own code is. Debugging information would only fill the
 * machine's memory.
 * @param name of the module: the file `NAME.c` in the same folder.
 */
export function makefile(name: string): string {
  return `# Builds the module against the headers of a kernel: make HEADERS=/usr/src/linux-headers-RELEASE
# It is for a machine that may hang. There is no rule to install or load it here.
HEADERS ?= /lib/modules/$(shell uname -r)/build
obj-m := ${name}.o
ccflags-y := -Wall -Werror
all:
	$(MAKE) -C $(HEADERS) M=$(CURDIR) KCFLAGS=-g0 CONFIG_DEBUG_INFO_BTF_MODULES= modules
clean:
	$(MAKE) -C $(HEADERS) M=$(CURDIR) clean
`
}
