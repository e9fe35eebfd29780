#include "data/npz.h"

#include <zip.h>

#include "base/limits.h"
#include "data/npy.h"
#include "data/rows.h"
#include "graph/suggest.h"
#include "graph/text.h"

namespace veil {
namespace {

constexpr std::string_view kEnding = ".npy";
constexpr std::size_t kMaxDeflateRatio = 1040;  // the format cannot do better than 1032 to 1

void discard(zip* archive) { zip_discard(archive); }

}  // namespace

NpzArchive::NpzArchive(zip* archive, ByteView bytes, std::string where)
    : archive_(archive, discard), size_bytes_(bytes.size()), where_(std::move(where)) {}

Result<NpzArchive> NpzArchive::open(ByteView bytes, const std::string& where) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
  if (archive == nullptr) {
    if (source != nullptr) zip_source_free(source);
    zip_error_fini(&error);
    return Error{where + " is not an NPZ archive of numpy, or it is cut short."};
  }
  zip_error_fini(&error);
  return NpzArchive(archive, bytes, where);
}

std::vector<std::string> NpzArchive::names() const {
  std::vector<std::string> out;
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t index = 0; index < count; ++index) {
    const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(index), ZIP_FL_ENC_RAW);
    if (name == nullptr) continue;
    std::string text(name);
    if (text.ends_with(kEnding)) text.resize(text.size() - kEnding.size());
    out.push_back(std::move(text));
  }
  return out;
}

Result<Array> NpzArchive::read(const std::string& name) const {
  const zip_int64_t index = zip_name_locate(archive_.get(), (name + std::string(kEnding)).c_str(), ZIP_FL_ENC_RAW);
  if (index < 0) {
    std::vector<std::string> known;
    for (const std::string& each : names()) known.push_back(quote(each));
    return Error{where_ + " has no array " + quote(name) + suggestion(name, names()) + "; it has " +
                 (known.empty() ? "none" : joined(known)) + "."};
  }
  const std::string what = "Array " + quote(name) + " of " + where_;
  const Error damaged{what + " is damaged or compressed in a way that is not supported."};
  zip_stat_t info;
  zip_stat_init(&info);
  if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(index), 0, &info) != 0) return damaged;
  if ((info.valid & ZIP_STAT_SIZE) == 0 || info.size / kMaxDeflateRatio > size_bytes_ || info.size > kMaxFileBytes) {
    return damaged;
  }
  zip_file_t* file = zip_fopen_index(archive_.get(), static_cast<zip_uint64_t>(index), 0);
  if (file == nullptr) return damaged;
  Bytes bytes(info.size);
  const zip_int64_t got = zip_fread(file, bytes.data(), bytes.size());
  const bool closed = zip_fclose(file) == 0;
  if (!closed || got < 0 || static_cast<zip_uint64_t>(got) != info.size) return damaged;
  return read_npy(bytes, what);
}

Result<DataSet> read_npz_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs) {
  VEIL_TRY(archive, NpzArchive::open(bytes, where));
  std::vector<InputArray> out;
  for (const InputSpec& input : inputs) {
    VEIL_TRY(array, archive.read(input.name));
    VEIL_TRY(rows, rows_of(std::move(array), input, "Array " + quote(input.name) + " of " + where));
    out.push_back(std::move(rows));
  }
  return data_set_of(std::move(out), inputs, where);
}

Result<std::vector<Label>> read_npz_labels(ByteView bytes, const std::string& where, const std::string& name) {
  VEIL_TRY(archive, NpzArchive::open(bytes, where));
  VEIL_TRY(array, archive.read(name));
  if (array.shape.empty() || array.data.size() != static_cast<std::size_t>(array.shape[0])) {
    return Error{"Array " + quote(name) + " of " + where + " has the shape " + shape_text(array.shape) +
                 "; labels are one number a row."};
  }
  return std::vector<Label>(array.data.begin(), array.data.end());
}

}  // namespace veil
