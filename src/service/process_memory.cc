#include "service/process_memory.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif  // a library header above tells which library it is

namespace veil {

#ifdef __GLIBC__

namespace {

constexpr std::size_t kReserve = std::size_t{2000} << 20;  // of addresses, not of memory; an int holds it
constexpr std::size_t kUsualPad = std::size_t{1} << 20;
constexpr std::uintptr_t kHugePage = std::uintptr_t{1} << 21;

// Limits on a process's addresses, or a system that counts them as memory.
bool may_reserve() {
  void* const probe = mmap(nullptr, kReserve, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (probe == MAP_FAILED) return false;
  munmap(probe, kReserve);
  return true;
}

}  // namespace

void keep_freed_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

// The heap grows once by all that was reserved, since advice on memory that it takes later would have to be given each
// time. Where the heap lies elsewhere, nothing is advised.
void use_huge_pages() {
  keep_freed_memory();
  if (!may_reserve()) return;
  mallopt(M_TOP_PAD, static_cast<int>(kReserve));
  void* const first = std::malloc(kUsualPad);
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(first) + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(sbrk(0)) / kHugePage * kHugePage;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the end of the heap is a number
  if (first != nullptr && begin < end)
    static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
  std::free(first);
  mallopt(M_TOP_PAD, static_cast<int>(kUsualPad));
}

#else

void keep_freed_memory() {}
void use_huge_pages() {}

#endif

}  // namespace veil
