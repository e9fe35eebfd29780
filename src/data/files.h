// Whole files in and out. Messages name the path.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace veil {

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit_bytes = kMaxFileBytes);

// The file appears whole or not at all: written beside its place, synced, then renamed. `secret`: only the owner may
// read it (mode 0600), from the first byte on.
Status write_file_atomically(const std::filesystem::path& path, ByteView bytes, bool secret);

// "Cannot write 'a/b/c': there is no folder 'a/b'.": the first part of a path that is not there, and the name beside it
// that may be meant.
Error missing_path(const char* verb, const std::filesystem::path& path);

}  // namespace veil
