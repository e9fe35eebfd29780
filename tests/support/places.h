// The parts of an argument, in units of 32 bytes from its beginning.
#pragma once

#include "verify/statement.h"

namespace veil::testing {

struct Places {
  explicit Places(const PreparedCircuit& circuit)
      : rows(circuit.layout().rows(Owner::kWitness).count), slots(circuit.num_slots()), shape(circuit.opening()) {}

  std::size_t rows, slots;
  OpeningShape shape;

  std::size_t pads(std::size_t i) const { return rows + i; }
  std::size_t masks(std::size_t i) const { return pads(shape.pad_rows()) + i; }
  std::size_t mask_row() const { return masks(shape.pad_rows()); }
  std::size_t slot(std::size_t i) const { return mask_row() + 1 + i; }
  std::size_t cross() const { return slot(slots); }
  std::size_t error() const { return cross() + 1; }
  std::size_t delta() const { return cross() + 2; }
  std::size_t opened_pad(std::size_t i) const { return cross() + 3 + i; }
  std::size_t row_cross(std::size_t i) const { return opened_pad(shape.num_opened) + i; }
  std::size_t blinder() const { return row_cross(2 * shape.row_folds()); }
  std::size_t column_cross(std::size_t i) const { return blinder() + 1 + i; }  // points
  std::size_t opened_row(std::size_t i) const { return column_cross(2 * shape.column_folds()) + i; }
  std::size_t last() const { return opened_row(shape.columns_left()) - 1; }

  bool is_point(std::size_t place) const {
    return place < slot(0) || (place >= column_cross(0) && place < opened_row(0));
  }
};

}  // namespace veil::testing
