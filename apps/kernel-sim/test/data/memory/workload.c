// What memory.txt.gz is a recording of. `workload pieces` cuts free memory into single pages and asks for large blocks; `workload cgroups`
// meets the limits of memory cgroups, which make.sh has made.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAGE 4096

static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  if (fd < 0 || write(fd, text, strlen(text)) < 0)
    fprintf(stderr, "%s < %s: %s\n", path, text, strerror(errno));
  if (fd >= 0) close(fd);
}

static char *touched(int pages) {
  char *memory = mmap(0, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < pages; i++) memory[(size_t)i * PAGE] = 1;
  return memory;
}

static void pieces(void) {
  prctl(PR_SET_NAME, "wl-frag");
  int pages = 2300;
  char *memory = touched(pages);
  for (int i = 0; i < pages; i += 2) madvise(memory + (size_t)i * PAGE, PAGE, MADV_DONTNEED);
  // Order 4: the values of attributes, and the buffers of pipes of 1024 pages.
  static char value[65536];
  for (int i = 0; i < 2; i++) setxattr("/", "user.none", value, sizeof value, 0);
  for (int i = 0; i < 36; i++) {
    int ends[2];
    if (pipe(ends) == 0) fcntl(ends[0], F_SETPIPE_SZ, 1 << 22);
  }
  // Order 9, before and after all of memory is compacted.
  put("/proc/sys/vm/nr_hugepages", "15");
  put("/proc/sys/vm/compact_memory", "1");
  put("/proc/sys/vm/nr_hugepages", "40");
}

static void file(const char *path, int pages) {
  static char page[PAGE];
  int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
  for (int i = 0; i < pages; i++)
    if (write(fd, page, PAGE) != PAGE) perror(path);
  fsync(fd);
  lseek(fd, 0, SEEK_SET);
  for (int i = 0; i < pages; i++)
    if (read(fd, page, PAGE) != PAGE) perror(path);
  close(fd);
}

static void at_max(void) { file("/mnt/max", 300); }
static void above_high(void) { file("/mnt/high", 300); }
static void killed(void) { touched(300); }

static void in(const char *cgroup, const char *name, void (*work)(void)) {
  int status, pid = fork();
  if (pid == 0) {
    char path[99];
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s/cgroup.procs", cgroup);
    put(path, "0");
    prctl(PR_SET_NAME, name);
    work();
    _exit(0);
  }
  waitpid(pid, &status, 0);
}

int main(int argc, char **argv) {
  if (argc > 1 && !strcmp(argv[1], "pieces")) pieces();
  if (argc > 1 && !strcmp(argv[1], "cgroups")) {
    in("max", "wl-max", at_max);
    in("high", "wl-high", above_high);
    put("/sys/fs/cgroup/high/memory.reclaim", "256K");
    in("oom", "wl-oom", killed);
  }
  return 0;
}
