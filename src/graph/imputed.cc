#include "graph/imputed.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "graph/missing.h"
#include "graph/operator.h"
#include "graph/shape.h"

namespace veil {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMostElements = std::size_t{1} << 20;  // of all inputs: their numbers are floats on their way

// The elements of all inputs, numbered from 1, on their way through moves; what becomes of each.
class Followed {
 public:
  explicit Followed(Graph& graph) : graph_(graph), numbers_(graph.values.size()) {}

  void run() {
    if (!number_inputs()) return;
    for (const Node& node : graph_.nodes) follow(node);
    for (const ValueId id : graph_.outputs) read_otherwise(id);
    for (const ValueId id : graph_.outputs) read_tests_.insert(id);
    // What only replacements ask about is not read by that.
    for (const auto& [id, tested] : tests_) {
      if (!is_used_test(id)) read_otherwise(tested);
    }
  }
  bool is_replacement(const Node& node) const { return replacements_.contains(node.outputs[0]); }
  bool is_used_test(ValueId id) const { return used_tests_.contains(id) && !read_tests_.contains(id); }

  // By input.
  std::vector<double> imputed(std::size_t input) {
    std::vector<double> out;
    GraphValue& value = graph_.values[graph_.inputs[input]];
    for (std::size_t i = 0; i < size_of(value.shape); ++i) {
      const Use& use = uses_[first_[input] + i];
      if (use.replaced && (use.otherwise || use.several)) value.imputed_in_part = true;
      out.push_back(use.replaced && !use.otherwise && !use.several ? use.value : kNone);
    }
    if (std::ranges::all_of(out, [](double each) { return std::isnan(each); })) out.clear();
    return out;
  }
  bool is_known() const { return !uses_.empty(); }

 private:
  struct Use {
    bool replaced = false, several = false, otherwise = false;
    double value = 0;
  };

  bool number_inputs() {
    std::size_t next = 1;
    for (const ValueId id : graph_.inputs) {
      const std::size_t size = size_of(graph_.values[id].shape);
      first_.push_back(next);
      next += size;
      if (next > kMostElements) return false;
      if (!is_real(graph_.values[id].type)) continue;
      numbers_[id] = Array{graph_.values[id].shape, std::vector<double>(size)};
      std::iota(numbers_[id].data.begin(), numbers_[id].data.end(), static_cast<double>(first_.back()));
    }
    uses_.resize(next);
    return true;
  }
  bool is_followed(const std::optional<ValueId>& id) const { return id && !numbers_[*id].data.empty(); }

  void follow(const Node& node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const bool chooses = node.op == "Where" && i == 0;
      if (node.inputs[i] && tests_.contains(*node.inputs[i]) && !chooses) read_tests_.insert(*node.inputs[i]);
    }
    if (take_replacement(node)) return;
    if (std::ranges::none_of(node.inputs, [&](const auto& id) { return is_followed(id); })) return;
    if (take_test(node) || take_move(node)) return;
    for (const auto& id : node.inputs) {
      if (is_followed(id)) read_otherwise(*id);
    }
  }

  bool take_test(const Node& node) {
    if (node.op != "IsNaN") return false;
    tests_[node.outputs[0]] = *node.inputs[0];
    return true;
  }

  // Imputer, or Where(IsNaN(x), c, x) with a c that is no larger than x.
  bool take_replacement(const Node& node) {
    if (node.op == "veil:Impute") return replace(node, *node.inputs[0], *node.inputs[1]);
    const auto test = node.op == "Where" ? tests_.find(*node.inputs[0]) : tests_.end();
    if (test == tests_.end()) return false;
    const bool is_replacement = test->second == *node.inputs[2] && graph_.values[*node.inputs[1]].constant &&
                                graph_.values[node.outputs[0]].shape == graph_.values[*node.inputs[2]].shape;
    (is_replacement ? used_tests_ : read_tests_).insert(test->first);
    return is_replacement && replace(node, *node.inputs[2], *node.inputs[1]);
  }

  bool replace(const Node& node, ValueId x, ValueId by) {
    if (!is_followed(x)) return false;
    const Array &numbers = numbers_[x], &values = *graph_.values[by].constant;
    std::size_t at = 0;
    const std::array<GraphShape, 1> strides{broadcast_strides(values.shape, numbers.shape)};
    walk(numbers.shape, strides, [&](const std::array<std::int64_t, 1>& offset) {
      Use& use = uses_[static_cast<std::size_t>(numbers.data[at++])];
      const double value = values.data[static_cast<std::size_t>(offset[0])];
      use.several = use.several || !std::isfinite(value) || (use.replaced && use.value != value);
      use.replaced = true;
      use.value = value;
    });
    replacements_.insert(node.outputs[0]);
    return true;
  }

  bool take_move(const Node& node) {
    const bool keeps_numbers = node.op == "Cast" && is_real(graph_.values[node.outputs[0]].type);
    if (!is_move(node) && !keeps_numbers) return false;
    const auto* op = find_operator(node.op);
    Call call = call_of(graph_, node);
    const auto types = op == nullptr ? Error{""} : infer_call(*op, call);
    if (!types.ok()) return false;
    std::vector<Array> nothing(node.inputs.size()), results;
    Inputs inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      inputs.push_back(nullptr);
      if (!node.inputs[i]) continue;
      const GraphValue& value = graph_.values[*node.inputs[i]];
      // Values that are no elements of an input have the number 0; places and shapes are needed as they are.
      const bool is_data = node.op == "Concat" || i == 0;
      if (!is_data && is_followed(node.inputs[i])) return false;
      nothing[i] = is_data ? Array{value.shape, std::vector<double>(size_of(value.shape))} : Array{};
      inputs.back() = is_followed(node.inputs[i]) ? &numbers_[*node.inputs[i]]
                      : is_data                   ? &nothing[i]
                                                  : (value.constant ? &*value.constant : nullptr);
      if (inputs.back() == nullptr) return false;
    }
    for (const TypedShape& type : *types) results.push_back({type.shape, std::vector<double>(size_of(type.shape))});
    Outputs outputs;
    for (Array& result : results) outputs.push_back(&result);
    if (!run_call(*op, call, *types, inputs, outputs).ok()) return false;
    for (std::size_t i = 0; i < node.outputs.size(); ++i) numbers_[node.outputs[i]] = std::move(results[i]);
    return true;
  }

  void read_otherwise(ValueId id) {
    for (const double number : numbers_[id].data) uses_[static_cast<std::size_t>(number)].otherwise = true;
  }

  Graph& graph_;
  std::vector<Array> numbers_;                 // by value; none: not followed
  std::vector<std::size_t> first_;             // number of each input's first element
  std::vector<Use> uses_;                      // by number
  std::map<ValueId, ValueId> tests_;           // what IsNaN gives: of what
  std::set<ValueId> used_tests_, read_tests_;  // by replacements; by others
  std::set<ValueId> replacements_;
};

}  // namespace

void take_imputed(Graph& graph) {
  const bool has_any =
      std::ranges::any_of(graph.nodes, [](const Node& node) { return node.op == "veil:Impute" || node.op == "IsNaN"; });
  if (!has_any) return;
  Followed followed(graph);
  followed.run();
  for (std::size_t i = 0; followed.is_known() && i < graph.inputs.size(); ++i) {
    graph.imputed.push_back(followed.imputed(i));
  }
  // Whatever is not replaced in advance is a number by then, so that every replacement gives what it reads.
  std::vector<ValueId> alias(graph.values.size());
  std::iota(alias.begin(), alias.end(), ValueId{0});
  std::vector<Node> kept;
  for (Node& node : graph.nodes) {
    for (auto& input : node.inputs) {
      if (input) input = alias[*input];
    }
    if (node.op == "veil:Impute") {
      alias[node.outputs[0]] = *node.inputs[0];
    } else if (node.op == "Where" && followed.is_replacement(node)) {
      alias[node.outputs[0]] = *node.inputs[2];
    } else if (!followed.is_used_test(node.outputs[0])) {
      kept.push_back(std::move(node));
    }
  }
  for (ValueId& id : graph.outputs) id = alias[id];
  graph.nodes = std::move(kept);
}

}  // namespace veil
