#include "data/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/random.h"
#include "graph/suggest.h"
#include "graph/text.h"

namespace veil {
namespace {

Error failed(const char* verb, const std::filesystem::path& path, int error) {
  const std::string why = error == EISDIR ? "it is a folder" : std::generic_category().message(error);
  return Error{std::string("Cannot ") + verb + " " + quote_path(path.string()) + ": " + why + "."};
}

// Names of the files in a folder; not of all, where there are very many.
std::vector<std::string> names_in(const std::filesystem::path& folder) {
  constexpr std::size_t kMost = 5000;
  std::vector<std::string> names;
  std::error_code error;
  auto entry = std::filesystem::directory_iterator(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator() && names.size() < kMost; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  return names;
}

Error failed_to_open(const char* verb, const std::filesystem::path& path, int error) {
  return error == ENOENT ? missing_path(verb, path) : failed(verb, path, error);
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  // False: data written earlier could not be kept.
  bool close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor < 0 || ::close(descriptor) == 0;
  }

 private:
  int descriptor_;
};

bool write_all(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

// In the folder of `path`, so that renaming does not cross file systems.
std::filesystem::path temporary_beside(const std::filesystem::path& path) {
  std::array<std::uint8_t, 8> random;
  fill_random(random);
  std::filesystem::path temporary = path;
  temporary += "." + to_hex(random) + ".tmp";
  return temporary;
}

// Devices and pipes cannot be replaced by renaming, and must not be.
Status write_to_device(const std::filesystem::path& path, ByteView bytes) {
  File file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open() || !write_all(file.get(), bytes) || !file.close()) return failed("write", path, errno);
  return Done{};
}

// Makes the new name itself last. Some file systems cannot; the file is complete either way.
void sync_folder(const std::filesystem::path& path) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.is_open()) static_cast<void>(::fsync(file.get()));
}

Status append_all(const File& file, const std::filesystem::path& path, std::size_t limit_bytes, Bytes& out) {
  std::array<std::uint8_t, 1 << 16> buffer;
  while (true) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path, errno);
    if (got == 0) return Done{};
    if (out.size() + static_cast<std::size_t>(got) > limit_bytes) {
      return Error{"The file " + quote_path(path.string()) + " is larger than " + std::to_string(limit_bytes) +
                   " bytes, the most that is read."};
    }
    out.insert(out.end(), buffer.begin(), buffer.begin() + got);
  }
}

}  // namespace

Error missing_path(const char* verb, const std::filesystem::path& path) {
  std::filesystem::path folder = path.parent_path(), name = path.filename();
  std::error_code error;
  while (!folder.empty() && !std::filesystem::exists(folder, error) && folder.has_relative_path()) {
    name = folder.filename();
    folder = folder.parent_path();
  }
  const auto nearest = nearest_name(name.string(), names_in(folder.empty() ? "." : folder));
  const bool is_folder = folder / name != path;
  if (!is_folder && std::string_view(verb) == "write") return failed(verb, path, EACCES);  // as in /proc
  return Error{std::string("Cannot ") + verb + " " + quote_path(path.string()) + ": there is no " +
               (is_folder ? "folder " + quote_path((folder / name).string()) : "such file") +
               (nearest ? " (did you mean " + quote_path((folder / *nearest).string()) + "?)" : "") + "."};
}

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0) return failed_to_open("read", path, errno);
  if (S_ISDIR(info.st_mode)) return failed("read", path, EISDIR);
  Bytes bytes;
  if (S_ISREG(info.st_mode)) bytes.reserve(std::min(static_cast<std::size_t>(info.st_size), limit_bytes));
  VEIL_TRY_STATUS(append_all(file, path, limit_bytes, bytes));
  return bytes;
}

Status write_file_atomically(const std::filesystem::path& path, ByteView bytes, bool secret) {
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return failed("write", path, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) return write_to_device(path, bytes);

  const std::filesystem::path temporary = temporary_beside(path);
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, secret ? 0600 : 0666));
  if (!file.is_open()) return failed_to_open("write", path, errno);
  const bool written = write_all(file.get(), bytes) && ::fsync(file.get()) == 0 && file.close() &&
                       ::rename(temporary.c_str(), path.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failed("write", path, error);
  }
  sync_folder(path);
  return Done{};
}

}  // namespace veil
