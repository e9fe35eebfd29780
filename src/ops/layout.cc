#include "ops/layout.h"

#include "base/limits.h"
#include "graph/text.h"
#include "ops/family.h"

namespace veil {

LayoutSolver::LayoutSolver(const QuantisedGraph& graph)
    : graph_(graph), cuts_(graph.values.size()), units_(graph.values.size()) {
  for (QuantId id = 0; id < graph.values.size(); ++id) parent_.push_back(id);
}

QuantId LayoutSolver::find(QuantId value) {
  while (parent_[value] != value) value = parent_[value] = parent_[parent_[value]];
  return value;
}

void LayoutSolver::same(QuantId a, QuantId b) {
  a = find(a);
  b = find(b);
  if (a == b) return;
  parent_[b] = a;
  cuts_[a].merge(cuts_[b]);
  units_[a].merge(units_[b]);
}

void LayoutSolver::cut(QuantId value, std::int64_t stride) {
  if (stride > 1 && stride < graph_.values[value].size) cuts_[find(value)].insert(stride);
}

void LayoutSolver::unit(QuantId value, std::int64_t stride) {
  cut(value, stride);
  units_[find(value)].insert(stride);
}

void LayoutSolver::link(QuantId a, std::int64_t length_a, QuantId b, std::int64_t length_b, std::int64_t inner,
                        bool closed, const std::string& who) {
  cut(a, inner);
  cut(a, inner * length_a);
  cut(b, inner);
  cut(b, inner * length_b);
  links_.push_back({a, b, length_a, length_b, inner, closed, who});
  links_.push_back({b, a, length_b, length_a, inner, closed, who});
}

Status LayoutSolver::pass_on(const Link& link, bool& changed) {
  const std::set<std::int64_t> strides = cuts_[find(link.from)];
  std::set<std::int64_t>& target = cuts_[find(link.to)];
  const std::int64_t end = link.inner * link.from_length;
  for (const std::int64_t stride : strides) {
    std::int64_t image = 0;
    if (stride <= link.inner) image = stride;
    if (stride >= end && stride % end == 0) image = stride / end * link.inner * link.to_length;
    if (image == 0 && (link.closed || stride > end)) {
      return Error{link.who + " joins or splits " + quoted(graph_.values[link.from].name) +
                   " across its axes, which is not supported"};
    }
    if (image > 1 && image < graph_.values[link.to].size) changed = target.insert(image).second || changed;
    if (target.size() > kMaxRank) return Error{quoted(graph_.values[link.to].name) + " needs too many axes"};
  }
  return Done{};
}

Result<Storage> LayoutSolver::storage_of(QuantId root) const {
  std::vector<std::int64_t> ends(cuts_[root].begin(), cuts_[root].end());
  const std::int64_t size = graph_.values[root].size;
  if (size > 1) ends.push_back(size);
  Storage axes;  // fastest first
  std::int64_t stride = 1;
  const auto add_units = [&] {
    if (units_[root].count(stride) != 0) axes.push_back({1, stride});
  };
  add_units();
  for (const std::int64_t end : ends) {
    if (end % stride != 0) {
      return Error{"the shapes around " + quoted(graph_.values[root].name) + " do not split along common axes"};
    }
    axes.push_back({end / stride, stride});
    stride = end;
    add_units();
  }
  if (axes.empty()) axes.push_back({1, 1});
  return Storage(axes.rbegin(), axes.rend());
}

Result<Layout> LayoutSolver::solve() {
  bool changed = true;
  while (changed) {
    changed = false;
    for (const Link& link : links_) VEIL_TRY_STATUS(pass_on(link, changed));
  }
  Layout layout;
  for (QuantId id = 0; id < graph_.values.size(); ++id) {
    VEIL_TRY(storage, storage_of(find(id)));
    layout.storage.push_back(std::move(storage));
  }
  return layout;
}

Result<Layout> choose_layout(const QuantisedGraph& graph) {
  LayoutSolver solver(graph);
  const std::vector<IntegerRange> none;
  // First who shares axes with whom, then the cuts: same() moves the cuts of one to the other, so any order works.
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Site site{graph, graph.nodes[i], none, none, i};
    std::visit([&](const auto& op) { layout_op(op, site, solver); }, graph.nodes[i].op);
  }
  return solver.solve();
}

}  // namespace veil
