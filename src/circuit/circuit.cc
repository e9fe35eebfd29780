#include "circuit/circuit.h"

#include <array>
#include <utility>

#include "base/check.h"
#include "circuit/tables.h"

namespace veil {

std::int64_t shape_size(const Shape& shape) {
  std::int64_t size = 1;
  for (const std::int64_t length : shape) size *= length;
  return size;
}

std::int64_t Domain::box_size() const {
  std::int64_t size = 1;
  for (std::uint32_t axis = 0; axis < box_rank; ++axis) size *= extent[axis];
  return size;
}

Domain Domain::box_only() const {
  return Domain{std::vector<std::int64_t>(extent.begin(), extent.begin() + box_rank), box_rank};
}

Digest circuit_digest(const Circuit& circuit) {
  Writer writer;
  write_circuit(writer, circuit);
  return keccak256(writer.bytes());
}

TensorId add_tensor(Circuit& circuit, Tensor tensor) {
  circuit.tensors.push_back(std::move(tensor));
  return static_cast<TensorId>(circuit.tensors.size() - 1);
}

namespace {

std::string table_name(TableKind kind, const std::vector<std::int64_t>& parameters) {
  static constexpr std::array<const char*, 4> kNames{"unsigned", "signed", "pieces", "overflow"};
  std::string name = kNames[static_cast<std::size_t>(kind) - 1];
  for (const std::int64_t parameter : parameters) name += "." + std::to_string(parameter);
  return name;
}

}  // namespace

TableId add_table(Circuit& circuit, TableKind kind, std::vector<std::int64_t> parameters) {
  for (std::size_t id = 0; id < circuit.tables.size(); ++id) {
    const Table& table = circuit.tables[id];
    if (table.kind == kind && table.parameters == parameters) return static_cast<TableId>(id);
  }
  VEIL_CHECK(table_is_known(kind, parameters));
  Table table{kind, std::move(parameters), 0};
  Tensor multiplicity;
  multiplicity.name = "multiplicity/" + table_name(kind, table.parameters);
  multiplicity.shape = {static_cast<std::int64_t>(table_rows(table))};
  multiplicity.owner = Owner::kWitness;
  table.multiplicity = add_tensor(circuit, std::move(multiplicity));
  circuit.tables.push_back(std::move(table));
  return static_cast<TableId>(circuit.tables.size() - 1);
}

View view_by_axes(TensorId tensor, const std::vector<AxisId>& axes) {
  View view;
  view.tensor = tensor;
  for (const AxisId axis : axes) view.index.push_back(AxisIndex{{AxisTerm{axis, 1}}, 0});
  return view;
}

View whole_view(const Circuit& circuit, TensorId tensor) {
  std::vector<AxisId> axes(circuit.tensors[tensor].shape.size());
  for (std::size_t axis = 0; axis < axes.size(); ++axis) axes[axis] = static_cast<AxisId>(axis);
  return view_by_axes(tensor, axes);
}

View one_view() { return View{}; }

Expression linear_expression(Form form) { return Expression{std::move(form), {}}; }

Expression operator+(Expression a, const Expression& b) {
  a.linear.insert(a.linear.end(), b.linear.begin(), b.linear.end());
  a.products.insert(a.products.end(), b.products.begin(), b.products.end());
  return a;
}

Expression operator-(Expression a, const Expression& b) { return std::move(a) + scaled(b, -1); }

Expression scaled(Expression a, std::int64_t factor) {
  a.linear = scaled(std::move(a.linear), factor);
  for (ProductTerm& product : a.products) product.coefficient *= factor;
  return a;
}

Form scaled(Form a, std::int64_t factor) {
  for (LinearTerm& term : a) term.coefficient *= factor;
  return a;
}

}  // namespace veil
