// Runs a model in float: graph_run MODEL.onnx OUTPUT INPUTS.npz prints the type, the shape and the numbers of an output
// after expansion and folding. Inputs that the graph no longer has are not read. float_nodes.py drives it.
#include <cstdio>
#include <string>

#include "data/files.h"
#include "data/npz.h"
#include "graph/float_run.h"
#include "graph/shape.h"
#include "onnx/import.h"

namespace veil {
namespace {

Status print_output(const Graph& graph, const Array& array) {
  std::printf("%s", std::string(element_type_name(graph.values[graph.outputs[0]].type)).c_str());
  for (const std::int64_t length : array.shape) std::printf(" %lld", static_cast<long long>(length));
  std::printf("\n");
  for (const double number : array.data) std::printf("%.17g\n", number);
  return Done{};
}

Status run(const std::string& model, const std::string& output, const std::string& inputs) {
  VEIL_TRY(bytes, read_file(model));
  VEIL_TRY(graph, import_onnx(bytes, {{}, output}));
  VEIL_TRY(packed, read_file(inputs));
  VEIL_TRY(archive, NpzArchive::open(packed, "'" + inputs + "'"));
  std::vector<Array> arrays;
  for (const ValueId id : graph.inputs) {
    VEIL_TRY(array, archive.read(graph.values[id].name));
    arrays.push_back(std::move(array));
  }
  VEIL_TRY(values, run_float(graph, arrays));
  return print_output(graph, values[graph.outputs[0]]);
}

}  // namespace
}  // namespace veil

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: graph_run MODEL.onnx OUTPUT INPUTS.npz\n");
    return 2;
  }
  const auto status = veil::run(argv[1], argv[2], argv[3]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return status.ok() ? 0 : 1;
}
