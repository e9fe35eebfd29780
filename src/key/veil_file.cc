#include "key/veil_file.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "base/limits.h"
#include "graph/file_type.h"
#include "hash/keccak256.h"

namespace veil {

namespace {

constexpr std::string_view kMagic = "veil/file/1";
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kMaxGraphBytes = std::size_t{1} << 28;

Error damaged(const std::string& where) {
  return Error{"The file " + where +
               " is damaged or was cut short: its checksum does not match; make it again or copy "
               "it again."};
}

// The content is whole (its checksum is right), but not what this version writes.
Error malformed(const std::string& where, std::string_view section) {
  return Error{"The file " + where + " is not valid: its part '" + std::string(section) + "' is malformed."};
}

std::string_view kind_name(FileKind kind) { return kind == FileKind::kProver ? "prover" : "verifier"; }

Error wrong_kind(const std::string& where, FileKind found) {
  if (found == FileKind::kProver) {
    return Error{"The file " + where + " is a prover key: keep it secret; this needs the public verifier.veil."};
  }
  return Error{"The file " + where + " is a verifier key; this needs the prover's file prover.veil."};
}

void write_section(Writer& writer, std::string_view name, ByteView content) {
  writer.text(name);
  writer.block(content);
}

void write_magic(Writer& writer, FileKind kind) {
  writer.raw(as_bytes(kMagic));
  writer.u8(static_cast<std::uint8_t>(kind));
}

Bytes with_checksum(Writer writer) {
  writer.raw(keccak256(writer.bytes()));
  return writer.take();
}

Bytes import_bytes(const ImportChoices& choices) {
  Writer writer;
  writer.u8(choices.output ? 1 : 0);
  writer.text(choices.output.value_or(""));
  writer.u32(static_cast<std::uint32_t>(choices.dims.size()));
  for (const auto& [name, length] : choices.dims) {
    writer.text(name);
    writer.i64(length);
  }
  return writer.take();
}

std::optional<ImportChoices> read_import_choices(ByteView bytes) {
  constexpr std::size_t kMaxDims = 1024;
  Reader reader(bytes);
  ImportChoices out;
  const auto has_output = reader.u8();
  auto output = reader.text(kMaxNameBytes);
  if (!has_output || *has_output > 1 || !output || (*has_output == 0 && !output->empty())) return std::nullopt;
  if (*has_output == 1) out.output = std::move(*output);
  const auto count = reader.count(kMaxDims, 16);
  if (!count) return std::nullopt;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto name = reader.text(kMaxNameBytes);
    const auto length = reader.i64();
    if (!name || !length || (!out.dims.empty() && *name <= out.dims.rbegin()->first)) return std::nullopt;
    out.dims.emplace(*name, *length);
  }
  if (!reader.at_end()) return std::nullopt;
  return out;
}

Bytes imputed_bytes(const std::vector<std::vector<double>>& imputed) {
  const bool has_any = std::ranges::any_of(imputed, [](const auto& values) { return !values.empty(); });
  Writer writer;
  writer.u32(has_any ? static_cast<std::uint32_t>(imputed.size()) : 0);
  for (const std::vector<double>& values : imputed) {
    if (!has_any) break;
    writer.u32(static_cast<std::uint32_t>(values.size()));
    for (const double value : values) writer.u64(std::bit_cast<std::uint64_t>(value));
  }
  return writer.take();
}

std::optional<std::vector<std::vector<double>>> read_imputed(ByteView bytes) {
  Reader reader(bytes);
  std::vector<std::vector<double>> out;
  const auto inputs = reader.count(bytes.size(), 4);
  if (!inputs) return std::nullopt;
  for (std::size_t i = 0; i < *inputs; ++i) {
    const auto size = reader.count(bytes.size(), 8);
    if (!size) return std::nullopt;
    out.emplace_back();
    for (std::size_t j = 0; j < *size; ++j) {
      const auto value = reader.u64();
      if (!value) return std::nullopt;
      out.back().push_back(std::bit_cast<double>(*value));
    }
  }
  if (!reader.at_end() || imputed_bytes(out).size() != bytes.size()) return std::nullopt;
  return out;
}

// The sections of a file whose kind and checksum are right.
class Sections {
 public:
  static Result<Sections> open(ByteView bytes, FileKind kind, const std::string& where) {
    const auto found = file_kind(bytes);
    if (!found) {
      return Error{"The file " + where + " is not a " + std::string(kind_name(kind)) + " key that `veil setup` wrote" +
                   it_is(bytes) + "."};
    }
    if (*found != kind) return wrong_kind(where, *found);
    const std::size_t first = kMagic.size() + 1;
    if (bytes.size() < first + kDigestBytes) return damaged(where);
    const ByteView body = bytes.first(bytes.size() - kDigestBytes);
    const Digest digest = keccak256(body);
    if (!std::equal(digest.begin(), digest.end(), bytes.end() - kDigestBytes)) return damaged(where);
    return Sections(body.subspan(first), where);
  }

  Result<ByteView> take(std::string_view name, std::size_t limit) {
    const auto found = reader_.text(kMaxNameBytes);
    if (!found || *found != name) return malformed(where_, name);
    const auto content = reader_.block(limit);
    if (!content) return malformed(where_, name);
    return *content;
  }
  Status finish() const {
    if (!reader_.at_end()) return Error{"The file " + where_ + " is not valid: something follows its last part."};
    return Done{};
  }
  const std::string& where() const { return where_; }

 private:
  Sections(ByteView body, std::string where) : reader_(body), where_(std::move(where)) {}

  Reader reader_;
  std::string where_;
};

// A section that is one object and nothing else.
template <class ReadOne>
auto read_whole(Sections& sections, std::string_view name, ReadOne&& read_one)
    -> decltype(read_one(std::declval<Reader&>())) {
  VEIL_TRY(content, sections.take(name, kMaxFileBytes));
  Reader reader(content);
  auto out = read_one(reader);
  if (!out.ok()) return Error{"The file " + sections.where() + " is not valid: " + out.error().message};
  if (!reader.at_end()) return malformed(sections.where(), name);
  return out;
}

struct Description {
  std::string graph_json;
  ImportChoices import;
};

void write_description(Writer& writer, std::string_view graph_json, const ImportChoices& choices) {
  write_section(writer, "graph", as_bytes(graph_json));
  write_section(writer, "import", import_bytes(choices));
}

Result<Description> read_description(Sections& sections) {
  VEIL_TRY(graph, sections.take("graph", kMaxGraphBytes));
  VEIL_TRY(import, sections.take("import", kMaxFileBytes));
  auto choices = read_import_choices(import);
  if (!choices) return malformed(sections.where(), "import");
  return Description{std::string(graph.begin(), graph.end()), std::move(*choices)};
}

}  // namespace

std::optional<FileKind> file_kind(ByteView bytes) {
  if (bytes.size() <= kMagic.size()) return std::nullopt;
  const ByteView magic = as_bytes(kMagic);
  if (!std::equal(magic.begin(), magic.end(), bytes.begin())) return std::nullopt;
  switch (bytes[kMagic.size()]) {
    case static_cast<std::uint8_t>(FileKind::kProver):
      return FileKind::kProver;
    case static_cast<std::uint8_t>(FileKind::kVerifier):
      return FileKind::kVerifier;
    default:
      return std::nullopt;
  }
}

Bytes write_verifier_file(const VerifierFile& file) {
  Writer model;
  write_model_key(model, file.model);
  Writer writer;
  write_magic(writer, FileKind::kVerifier);
  write_section(writer, "model", model.bytes());
  write_description(writer, file.graph_json, file.import);
  return with_checksum(std::move(writer));
}

Bytes write_prover_file(const ProverFile& file) {
  Writer model;
  write_prover_key(model, file.key);
  Writer writer;
  write_magic(writer, FileKind::kProver);
  Bytes key = model.take();
  write_section(writer, "model", key);
  wipe(key.data(), key.size());
  write_description(writer, file.graph_json, file.import);
  write_section(writer, "imputed", imputed_bytes(file.imputed));
  write_section(writer, "onnx", file.onnx.expose());
  return with_checksum(std::move(writer));
}

Result<VerifierFile> read_verifier_file(ByteView bytes, const std::string& where) {
  VEIL_TRY(sections, Sections::open(bytes, FileKind::kVerifier, where));
  VEIL_TRY(model, read_whole(sections, "model", [](Reader& reader) { return read_model_key(reader); }));
  VEIL_TRY(description, read_description(sections));
  VEIL_TRY_STATUS(sections.finish());
  return VerifierFile{std::move(model), std::move(description.graph_json), std::move(description.import)};
}

Result<ProverFile> read_prover_file(ByteView bytes, const std::string& where, bool with_onnx) {
  VEIL_TRY(sections, Sections::open(bytes, FileKind::kProver, where));
  VEIL_TRY(key, read_whole(sections, "model", [](Reader& reader) { return read_prover_key(reader); }));
  VEIL_TRY(description, read_description(sections));
  VEIL_TRY(imputed, sections.take("imputed", kMaxFileBytes));
  auto values = read_imputed(imputed);
  if (!values) return malformed(where, "imputed");
  VEIL_TRY(onnx, sections.take("onnx", kMaxFileBytes));
  VEIL_TRY_STATUS(sections.finish());
  ProverFile out{std::move(key), std::move(description.graph_json), std::move(description.import),
                 SecretVector<std::uint8_t>(with_onnx ? onnx.size() : 0), std::move(*values)};
  std::copy_n(onnx.begin(), out.onnx.size(), out.onnx.expose().begin());
  return out;
}

}  // namespace veil
