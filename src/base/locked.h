// Memory for secrets that must be used once: not swapped out, not in core dumps, wiped in a forked child and when
// freed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace veil {

// Zeroed at first; empty, of size 0, where the system has no memory left. Locking may be refused by the system's limit
// on locked memory; the rest holds all the same.
class LockedBuffer {
 public:
  LockedBuffer() = default;
  explicit LockedBuffer(std::size_t size_bytes);
  LockedBuffer(LockedBuffer&& other) noexcept;
  LockedBuffer& operator=(LockedBuffer&& other) noexcept;
  LockedBuffer(const LockedBuffer&) = delete;
  LockedBuffer& operator=(const LockedBuffer&) = delete;
  ~LockedBuffer();

  void* data() { return data_; }
  const void* data() const { return data_; }
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  void release() noexcept;

  void* data_ = nullptr;
  std::size_t size_bytes_ = 0;  // of the mapping
};

}  // namespace veil
