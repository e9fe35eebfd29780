// Rows that a program holds in memory, as the files of data/data.h hold them.
#pragma once

#include <string>
#include <vector>

#include "data/rows.h"
#include "quant/calibrate.h"

namespace veil {

// Arrays with a name go to the inputs of these names. One array without a name is the only input's; or, with as many
// columns as all inputs have elements, their columns one after the other, as in a CSV file. One row may come without
// its first axis. `where` begins error sentences: "The data".
Result<DataSet> rows_of_arrays(std::vector<NamedArray> arrays, const std::vector<InputSpec>& inputs,
                               const std::string& where);

}  // namespace veil
