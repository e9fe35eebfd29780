#include "cli/files.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/random.h"
#include "data/files.h"
#include "graph/text.h"
#include "verify/proof.h"

namespace veil::cli {

namespace {

namespace fs = std::filesystem;

class SignalsWait {
 public:
  SignalsWait() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, &before_);
  }
  ~SignalsWait() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;

 private:
  sigset_t before_;
};

// A folder that is removed with all that is in it.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> create(const fs::path& parent) {
    std::array<std::uint8_t, 8> random;
    fill_random(random);
    TemporaryFolder out;
    out.path_ = parent / ("." + to_hex(random) + ".tmp");
    std::error_code error;
    fs::create_directory(out.path_, error);
    if (error) return Error{"Cannot write to the folder " + quote_path(parent.string()) + ": " + error.message() + "."};
    return out;
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

 private:
  TemporaryFolder() = default;

  fs::path path_;
};

Status move_all(const fs::path& from, const fs::path& to, const std::vector<NamedFile>& files) {
  for (const NamedFile& file : files) {
    std::error_code error;
    fs::rename(from / file.name, to / file.name, error);
    if (error) return Error{"Cannot write " + quote_path((to / file.name).string()) + ": " + error.message() + "."};
  }
  return Done{};
}

Status write_and_move(const fs::path& folder, const std::vector<NamedFile>& files) {
  VEIL_TRY(temporary, TemporaryFolder::create(folder));
  for (const NamedFile& file : files) {
    if (auto written = write_file_atomically(temporary.path() / file.name, file.bytes, file.secret); !written.ok()) {
      return Error{"Cannot write " + quote_path((folder / file.name).string()) + ": " + written.error().message};
    }
  }
  return move_all(temporary.path(), folder, files);
}

// A folder that setup wrote in place of the key in it.
Status not_a_folder(const std::string& path, const std::string& key) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return Done{};
  const fs::path inside = fs::path(path) / key;
  const bool is_there = fs::exists(inside, error);
  return Error{quote_path(path) + " is a folder" + (is_there ? "; name its key, " + quote_path(inside.string()) : "") +
               "."};
}

Status can_write_in(const fs::path& folder) {
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return Done{};
  return Error{"Cannot write in the folder " + quote_path(folder.string()) + ": " +
               std::generic_category().message(errno) + "."};
}

}  // namespace

Error about_file(const std::string& path, const Error& error) {
  constexpr std::string_view kThis = "This is";
  if (path.empty() || !error.message.starts_with(kThis)) return error;
  return Error{"The file " + quote_path(path) + " is" + error.message.substr(kThis.size())};
}

Status can_save_file(const std::string& path) {
  std::error_code error;
  const fs::path place(path), folder = place.has_parent_path() ? place.parent_path() : fs::path(".");
  if (fs::is_directory(place, error))
    return Error{"Cannot write " + quote_path(path) + ": it is a folder; name a file in it."};
  if (!fs::exists(folder, error)) return missing_path("write", place);
  if (!fs::is_directory(folder, error)) {
    return Error{"Cannot write " + quote_path(path) + ": " + quote_path(folder.string()) + " is no folder."};
  }
  const bool device = fs::exists(place, error) && !fs::is_regular_file(place, error);
  return device ? Status(Done{}) : can_write_in(folder);
}

// The folder, or the nearest above it that there is.
Status can_save_files(const std::string& folder) {
  std::error_code error;
  fs::path place = fs::absolute(folder, error).lexically_normal();
  while (!fs::exists(place, error) && place.has_relative_path()) place = place.parent_path();
  if (!fs::is_directory(place, error)) {
    return Error{"Cannot make the folder " + quote_path(folder) + ": " + quote_path(place.string()) + " is a file."};
  }
  return can_write_in(place);
}

Result<VerifierFile> load_verifier_file(const std::string& path) {
  VEIL_TRY_STATUS(not_a_folder(path, "verifier.veil"));
  VEIL_TRY(bytes, read_file(path));
  return read_verifier_file(bytes, quote_path(path));
}

Result<OwnedModel> open_owned_model(const std::string& path, bool with_onnx) {
  VEIL_TRY_STATUS(not_a_folder(path, "prover.veil"));
  VEIL_TRY(bytes, read_file(path));
  auto model = veil::open_owned_model(bytes, path, with_onnx);
  wipe(bytes.data(), bytes.size());
  return model;
}

Result<Bytes> load_proof(const std::string& path) {
  VEIL_TRY(bytes, read_file(path));
  if (const auto kind = file_kind(bytes)) {
    return Error{"The file " + quote_path(path) +
                 (*kind == FileKind::kProver ? " is a prover key, not a proof: keep it secret."
                                             : " is a verifier key, not a proof.")};
  }
  return bytes;
}

bool looks_like_graph(ByteView bytes) {
  const auto first = std::find_if(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte > ' '; });
  return first != bytes.end() && *first == '{';
}

Status save_file(const std::string& path, ByteView bytes, bool secret) {
  const SignalsWait wait;
  return write_file_atomically(path, bytes, secret);
}

Status save_files(const std::string& folder, const std::vector<NamedFile>& files) {
  const SignalsWait wait;
  const fs::path path(folder);
  std::error_code error;
  const bool created = fs::create_directories(path, error);
  if (error) return Error{"Cannot make the folder " + quote_path(folder) + ": " + error.message() + "."};
  auto status = write_and_move(path, files);
  if (!status.ok() && created) fs::remove(path, error);
  return status;
}

}  // namespace veil::cli
