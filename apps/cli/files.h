// Reading Veil's own files by path, with sentences that name the path.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "key/veil_file.h"
#include "service/owned_model.h"

namespace veil::cli {

Result<VerifierFile> load_verifier_file(const std::string& path);
// prover.veil (service/owned_model.h).
Result<OwnedModel> open_owned_model(const std::string& path, bool with_onnx);
// A proof's bytes, whatever they are; an error for a file that is evidently something else.
Result<Bytes> load_proof(const std::string& path);

bool looks_like_graph(ByteView bytes);

// The model file of `path`: "This is not ..." becomes "The file 'x' is not ...".
Error about_file(const std::string& path, const Error& error);

// Before long work: would save_file, or save_files, find a place to write to? Whether there is room, nobody knows.
Status can_save_file(const std::string& path);
Status can_save_files(const std::string& folder);

// Never half-written, and never half-written by Ctrl-C: signals wait until the file is whole or gone.
Status save_file(const std::string& path, ByteView bytes, bool secret);

struct NamedFile {
  std::string name;
  Bytes bytes;
  bool secret = false;
};
// All of them or none: written to a folder of their own inside `folder` (made if needed), then moved.
Status save_files(const std::string& folder, const std::vector<NamedFile>& files);

}  // namespace veil::cli
