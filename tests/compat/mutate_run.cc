// The mutation test of a model: mutate_run MODEL.onnx OUTPUT ROWS.npz [NAME=LENGTH...] lowers the model at 8 bits,
// takes the first row's trace and changes committed entries of every tensor, one at a time: each change must break a
// constraint. Exit codes: 0 all were caught, 1 some were not (they are printed), 2 the model is refused (a sentence).
// mutations.py drives it.
#include <cstdio>
#include <map>
#include <string>

#include "data/files.h"
#include "data/npz.h"
#include "graph/shape.h"
#include "onnx/import.h"
#include "ops/choose_bits.h"
#include "ops/lowering.h"
#include "witness/mutate.h"
#include "witness/witness.h"

namespace veil {
namespace {

// Places looked at, over all changes: each change looks at the whole circuit.
constexpr std::size_t kMostWork = 60'000'000;
constexpr std::size_t kChanges = 19;  // of an entry

Result<RealRow> read_row(const Graph& graph, const std::string& path) {
  VEIL_TRY(packed, read_file(path));
  VEIL_TRY(archive, NpzArchive::open(packed, "'" + path + "'"));
  RealRow row;
  for (const ValueId id : graph.inputs) {
    VEIL_TRY(array, archive.read(graph.values[id].name));
    if (array.data.size() != size_of(graph.values[id].shape)) return Error{"a row has another size"};
    row.push_back(std::move(array.data));
  }
  return row;
}

std::size_t entries(const Circuit& circuit) {
  std::size_t count = 0;
  for (const Tensor& tensor : circuit.tensors) {
    if (tensor.owner == Owner::kWitness) count += static_cast<std::size_t>(shape_size(tensor.shape));
  }
  return count;
}

Result<Survivors> mutate(const std::string& model, const ImportOptions& options, const std::string& rows) {
  VEIL_TRY(bytes, read_file(model));
  VEIL_TRY(graph, import_onnx(bytes, options));
  VEIL_TRY(row, read_row(graph, rows));
  VEIL_TRY(quantised, quantise(graph, {row}, 8, {}));
  VEIL_TRY(lowering, lower(quantised.graph));
  VEIL_TRY(integers, quantise_row(quantised.graph, row));
  VEIL_TRY(trace, fill_trace(lowering, quantised.weights, integers.inputs));
  if (const auto broken = check_trace(lowering.circuit, trace)) return Survivors{0, {"the honest trace: " + *broken}};
  const std::size_t size = entries(lowering.circuit);
  return mutate_witness(lowering.circuit, trace, 1 + size * size * kChanges / kMostWork);
}

int run(const std::string& model, const ImportOptions& options, const std::string& rows) {
  const auto survivors = mutate(model, options, rows);
  if (!survivors) {
    std::printf("%s\n", survivors.error().message.c_str());
    return 2;
  }
  std::printf("%zu\n", survivors->tried);
  for (const std::string& name : survivors->names) std::printf("%s\n", name.c_str());
  return survivors->names.empty() ? 0 : 1;
}

}  // namespace
}  // namespace veil

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: mutate_run MODEL.onnx OUTPUT ROWS.npz [NAME=LENGTH...]\n");
    return 2;
  }
  veil::ImportOptions options;
  options.output = argv[2];
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.rfind('=');
    if (equals != std::string::npos) options.dims[word.substr(0, equals)] = std::atoll(word.c_str() + equals + 1);
  }
  return veil::run(argv[1], options, argv[3]);
}
