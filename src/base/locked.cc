#include "base/locked.h"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"
#include "base/secret.h"

namespace veil {

LockedBuffer::LockedBuffer(std::size_t size_bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  size_bytes_ = (size_bytes + page - 1) / page * page;
  if (size_bytes_ == 0) return;
  data_ = mmap(nullptr, size_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data_ == MAP_FAILED) {
    data_ = nullptr;
    size_bytes_ = 0;
    return;
  }
  (void)mlock(data_, size_bytes_);
  (void)madvise(data_, size_bytes_, MADV_DONTDUMP);
  VEIL_CHECK(madvise(data_, size_bytes_, MADV_WIPEONFORK) == 0);  // Linux 4.14; private anonymous memory never fails
}

LockedBuffer::LockedBuffer(LockedBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_bytes_(std::exchange(other.size_bytes_, 0)) {}

LockedBuffer& LockedBuffer::operator=(LockedBuffer&& other) noexcept {
  if (this != &other) {
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_bytes_ = std::exchange(other.size_bytes_, 0);
  }
  return *this;
}

LockedBuffer::~LockedBuffer() { release(); }

void LockedBuffer::release() noexcept {
  if (data_ == nullptr) return;
  wipe(data_, size_bytes_);
  munmap(data_, size_bytes_);
  data_ = nullptr;
}

}  // namespace veil
