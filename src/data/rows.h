// From what a file holds to rows of model inputs: the part that all formats share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "data/data.h"
#include "graph/graph.h"

namespace veil {

struct NamedArray {
  std::string name;
  Array array;
};

// A decimal number; inf and nan by any of their usual names; true and false.
std::optional<double> parse_number(std::string_view text);

// `array`: rows of `spec`, each of its shape or without its leading batch axis of 1, or one single row of its shape.
// `where` begins error sentences: "'data.npy'".
Result<InputArray> rows_of(Array array, const InputSpec& spec, const std::string& where);
// Checks that all inputs, which are those of the specs, have the same number of rows, at least one. NaN is replaced by
// the model's own value, and an error where there is none and none may be missing.
Result<DataSet> data_set_of(std::vector<InputArray> inputs, const std::vector<InputSpec>& specs,
                            const std::string& where);

enum class DataFormat { kCsv, kNpy, kNpz, kJson };
Result<DataFormat> format_of(const std::filesystem::path& path);

// A file's bytes to rows.
Result<DataSet> read_csv_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs,
                              const ReadOptions& options);
Result<DataSet> read_npy_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs);
Result<DataSet> read_npz_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs);
Result<DataSet> read_json_rows(ByteView bytes, const std::string& where, const std::vector<InputSpec>& inputs,
                               const ReadOptions& options);
// A file's bytes to the labels called `name`.
Result<std::vector<Label>> read_csv_labels(ByteView bytes, const std::string& where, const std::string& name);
Result<std::vector<Label>> read_npz_labels(ByteView bytes, const std::string& where, const std::string& name);
Result<std::vector<Label>> read_json_labels(ByteView bytes, const std::string& where, const std::string& name);

}  // namespace veil
