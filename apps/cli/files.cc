#include "cli/files.h"

#include <signal.h>

#include <algorithm>
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
    if (error) return Error{"Cannot write to the folder " + quote(parent.string()) + ": " + error.message() + "."};
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
    if (error) return Error{"Cannot write " + quote((to / file.name).string()) + ": " + error.message() + "."};
  }
  return Done{};
}

Status write_and_move(const fs::path& folder, const std::vector<NamedFile>& files) {
  VEIL_TRY(temporary, TemporaryFolder::create(folder));
  for (const NamedFile& file : files) {
    if (auto written = write_file_atomically(temporary.path() / file.name, file.bytes, file.secret); !written.ok()) {
      return Error{"Cannot write " + quote((folder / file.name).string()) + ": " + written.error().message};
    }
  }
  return move_all(temporary.path(), folder, files);
}

}  // namespace

Result<VerifierFile> load_verifier_file(const std::string& path) {
  VEIL_TRY(bytes, read_file(path));
  return read_verifier_file(bytes, quote(path));
}

Result<OwnedModel> open_owned_model(const std::string& path, bool with_onnx) {
  VEIL_TRY(bytes, read_file(path));
  auto model = veil::open_owned_model(bytes, path, with_onnx);
  wipe(bytes.data(), bytes.size());
  return model;
}

Result<Bytes> load_proof(const std::string& path) {
  VEIL_TRY(bytes, read_file(path));
  if (const auto kind = file_kind(bytes)) {
    return Error{"The file " + quote(path) +
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
  if (error) return Error{"Cannot make the folder " + quote(folder) + ": " + error.message() + "."};
  auto status = write_and_move(path, files);
  if (!status.ok() && created) fs::remove(path, error);
  return status;
}

}  // namespace veil::cli
