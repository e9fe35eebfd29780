// Linear equations in G1 that an argument still owes, and their sum.
//
//   sum_j generators_j G_j + blinder H + sum_i model_rows_i M_i + sum_k scalars_k points_k = 0
// Notation: G_j, H the fixed generators; M_i the model rows of the argument's statement.
// Shapes: at most kMaxGenerators generators and as many model rows as the statement has; missing scalars are zero.
// A sum merges the scalars of bases that equations share, so that a generator or a model row enters the one
// multi-scalar multiplication once, however many equations and arguments name it.
#pragma once

#include <span>
#include <vector>

#include "curve/g1.h"
#include "field/fr.h"

namespace veil {

struct GroupEquation {
  const char* name;  // of the rejection, where it alone does not hold
  std::vector<Fr> generators;
  Fr blinder;
  std::vector<Fr> model_rows;
  std::vector<G1Affine> points;
  std::vector<Fr> scalars;  // of the points

  std::size_t num_terms() const { return generators.size() + model_rows.size() + points.size(); }
};

class GroupSum {
 public:
  // += factor * equation. Model rows are recognised by their place in memory, and must outlive the sum.
  void add(const GroupEquation& equation, std::span<const G1Affine> model_rows, const Fr& factor);
  bool is_identity() const;

 private:
  struct Model {
    std::span<const G1Affine> rows;
    std::vector<Fr> scalars;
  };
  std::vector<Fr>& scalars_of(std::span<const G1Affine> model_rows);

  std::vector<Fr> generators_;
  Fr blinder_;
  std::vector<Model> models_;
  std::vector<G1Affine> points_;
  std::vector<Fr> scalars_;
};

}  // namespace veil
