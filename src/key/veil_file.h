// The two files that setup writes: prover.veil (secret) and verifier.veil (public).
//
//   "veil/file/1" | kind (1: prover, 2: verifier) | sections in a fixed order | keccak256 of everything before
//   section = u64 size of its name | name | u64 size | content
//   verifier  model (write_model_key), graph (canonical JSON of the quantised graph), import
//   prover    model (write_prover_key), graph, import, imputed, onnx (the model file itself)
//   import    u8 has output | text output | u32 count | (text name, i64 length) in the order of their names
//   imputed   u32 count | (u32 size | f64 bits as u64 ...) for each input; count is 0 where no input has any
// The checksum tells a damaged file from a wrong one; it protects against accidents only. What a verifier may trust is
// the business of VerifiedModel and of `veil audit`: the graph and the import choices are input to the audit, nothing
// else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"
#include "prove/prover.h"
#include "verify/model_key.h"

namespace veil {

enum class FileKind : std::uint8_t { kProver = 1, kVerifier = 2 };

// How the model file was read: needed to read it again the same way.
struct ImportChoices {
  std::map<std::string, std::int64_t> dims;
  std::optional<std::string> output;

  bool operator==(const ImportChoices&) const = default;
};

struct VerifierFile {
  ModelKey model;
  std::string graph_json;
  ImportChoices import;
};

struct ProverFile {
  ProverKey key;
  std::string graph_json;
  ImportChoices import;
  SecretVector<std::uint8_t> onnx;
  std::vector<std::vector<double>> imputed = {};  // by input, what stands for missing values (Graph::imputed)
};

// What the first bytes say; nothing for any other file.
std::optional<FileKind> file_kind(ByteView bytes);

Bytes write_verifier_file(const VerifierFile& file);
Bytes write_prover_file(const ProverFile& file);

// `where` begins error sentences: "'out/verifier.veil'".
Result<VerifierFile> read_verifier_file(ByteView bytes, const std::string& where);
// `with_onnx` false: the model file's bytes are checked with the rest, but not kept; to prove needs no copy of them.
Result<ProverFile> read_prover_file(ByteView bytes, const std::string& where, bool with_onnx = true);

}  // namespace veil
