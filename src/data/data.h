// The user's rows: CSV with a header, NPY, NPZ (one array a model input, by name), JSON. The first axis is rows; a row
// has the shape of the model's input, where a leading batch axis of 1 may be left out. The format is told by the
// file's ending. NaN is refused but where a value
// may be missing, or the model has one of its own for it, which is then put there; infinities are numbers here (they
// saturate when quantised).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "graph/graph.h"

namespace veil {

// What the model expects of one input.
struct InputSpec {
  std::string name;
  GraphShape shape;  // as in the model, with its batch axis
  // CSV columns of this input's elements in row-major order, known from an earlier setup; empty: not known, columns are
  // taken in the order of the file.
  std::vector<std::string> labels;
  bool may_be_missing = false;  // NaN, an empty cell or null say that there is no value
  // For each element what the model puts in the place of a missing value, NaN: nothing; or an empty list.
  std::vector<double> imputed = {};
};

struct ReadOptions {
  std::optional<std::string> label_column;  // a column of the file that is no input
  bool allow_extra = false;                 // ignore CSV columns that `labels` do not name
  // Graph::input_names: EZKL's input_data has a list for each of them, needed or not. Left empty: all are needed.
  std::vector<std::string> input_names = {};
};

struct InputArray {
  std::string name;
  GraphShape shape;            // of one row: InputSpec::shape
  std::vector<double> values;  // rows x elements, row-major
};

struct DataSet {
  std::vector<InputArray> inputs;  // in the order of the specs
  std::size_t rows = 0;            // >= 1
};

Result<DataSet> read_data(const std::filesystem::path& path, const std::vector<InputSpec>& inputs,
                          const ReadOptions& options = {});

// The names of a CSV file's columns in their order, without options.label_column: at setup, the labels of the inputs
// one after the other. Nothing (an empty list) for a file of another format.
Result<std::vector<std::string>> csv_labels(const std::filesystem::path& path, const ReadOptions& options = {});

// The true answers beside the rows: a column of a CSV file, an array of an NPZ file, a field of a JSON file.
using Label = std::variant<double, std::string>;  // a number wherever the text is one
Result<std::vector<Label>> read_label_column(const std::filesystem::path& path, const std::string& name);

}  // namespace veil
