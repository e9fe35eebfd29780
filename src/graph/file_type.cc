#include "graph/file_type.h"

#include <algorithm>

namespace veil {

namespace {

constexpr FileType kPyTorch{"a PyTorch file", "export the model by torch.onnx.export"};
constexpr FileType kKeras{"a file of Keras", "export the model by model.export(path, format=\"onnx\") or by tf2onnx"};

struct Beginning {
  std::size_t at;
  std::string_view bytes;
  FileType type;
};

using namespace std::string_view_literals;

// The first that fits is taken.
constexpr Beginning kBeginnings[] = {
    {0, "veil/file/1\x01"sv, {"a prover's key of Veil (keep it secret)", ""}},
    {0, "veil/file/1\x02"sv, {"a verifier's key of Veil", ""}},
    {0, "veil/file/"sv, {"a key of another version of Veil; run `veil setup` again", ""}},
    {0, "veil/proof/1"sv, {"a proof of Veil", ""}},
    {0, "veil/proof/"sv, {"a proof of another version of Veil", ""}},
    {0, "\x89HDF\r\n"sv, {"an HDF5 file, as Keras writes it", kKeras.to_onnx}},
    {0, "\x93NUMPY"sv, {"an array of numpy (.npy)", ""}},
    {0, "\x1f\x8b"sv, {"a gzip archive", "unpack it"}},
    {0, "PAR1"sv, {"a Parquet table", ""}},
    {0, "%PDF"sv, {"a PDF document", ""}},
    {4, "TFL3"sv, {"a TensorFlow Lite model", "convert the model by tf2onnx --tflite"}},
    {4, "ORTM"sv, {"a model in onnxruntime's own format", "take the .onnx file that it was made from"}},
    {0, "\xff\xfe"sv, {"text in UTF-16", ""}},
    {0, "\xfe\xff"sv, {"text in UTF-16", ""}},
    {0, "version https://git-lfs"sv, {"a pointer of Git LFS in place of the file", "fetch it by git lfs pull"}},
    {0, "<!DOCTYPE"sv, {"a web page", ""}},
    {0, "<!doctype"sv, {"a web page", ""}},
    {0, "<html"sv, {"a web page", ""}},
    {0, "<?xml"sv, {"XML", ""}},
    {0, "{\"learner\""sv, {"a model of XGBoost in JSON", "convert the model by onnxmltools.convert_xgboost"}},
    {0, "tree\nversion="sv, {"a model of LightGBM", "convert the model by onnxmltools.convert_lightgbm"}},
};

bool has_at(ByteView bytes, std::size_t at, std::string_view part) {
  return bytes.size() >= at + part.size() &&
         std::equal(part.begin(), part.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

bool contains(ByteView bytes, std::string_view part) {
  const ByteView wanted = as_bytes(part);
  return std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()) != bytes.end();
}

// By the names of its files, which stand at the end of the archive and before each file.
FileType type_of_archive(ByteView bytes) {
  constexpr std::size_t kLooked = 1 << 16;
  const auto anywhere = [&](std::string_view name) {
    return contains(bytes.first(std::min(bytes.size(), kLooked)), name) ||
           contains(bytes.last(std::min(bytes.size(), kLooked)), name);
  };
  if (anywhere("/data.pkl")) return kPyTorch;
  if (anywhere("model.weights.h5")) return kKeras;
  if (anywhere("xl/workbook") || anywhere("[Content_Types].xml")) return {"an Excel workbook", ""};
  if (anywhere(".npy")) return {"an archive of numpy (.npz)", ""};
  return {"a ZIP archive", "unpack it"};
}

bool is_pickle(ByteView bytes) { return bytes.size() > 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5; }

// A length of eight bytes and then JSON.
bool is_safetensors(ByteView bytes) {
  return bytes.size() > 9 && bytes[8] == '{' && bytes[4] == 0 && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
}

// Its version of the format, and then its maker or the graph.
bool looks_like_onnx(ByteView bytes) {
  return bytes.size() > 16 && bytes[0] == 0x08 && bytes[1] <= 0x20 &&
         (bytes[2] == 0x12 || bytes[2] == 0x3a || bytes[2] == 0x42);
}

bool looks_like_text(ByteView bytes) {
  const auto is_text = [](std::uint8_t byte) { return byte >= 0x20 || byte == '\t' || byte == '\n' || byte == '\r'; };
  return std::all_of(bytes.begin(), bytes.begin() + std::min<std::ptrdiff_t>(std::ssize(bytes), 4096), is_text);
}

}  // namespace

FileType file_type(ByteView bytes) {
  if (bytes.empty()) return {"empty", ""};
  for (const Beginning& beginning : kBeginnings) {
    if (has_at(bytes, beginning.at, beginning.bytes)) return beginning.type;
  }
  if (has_at(bytes, 0, "PK\x03\x04")) return type_of_archive(bytes);
  if (is_pickle(bytes)) {
    return {"a Python pickle", "convert the model in Python, for example by skl2onnx or torch.onnx.export"};
  }
  if (is_safetensors(bytes)) return {"a file of weights alone (safetensors)", "export the model by torch.onnx.export"};
  if (looks_like_onnx(bytes)) return {"an ONNX model", ""};
  if (looks_like_text(bytes)) return {"text", ""};
  return {};
}

std::string it_is(ByteView bytes) {
  const std::string_view name = file_type(bytes).name;
  return name.empty() ? "" : ": it is " + std::string(name);
}

}  // namespace veil
