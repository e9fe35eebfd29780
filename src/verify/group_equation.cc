#include "verify/group_equation.h"

#include <algorithm>

#include "curve/generators.h"
#include "curve/msm.h"
#include "field/arrays.h"

namespace veil {

namespace {

void add_scaled(std::vector<Fr>& sum, const Fr& factor, const std::vector<Fr>& scalars) {
  sum.resize(std::max(sum.size(), scalars.size()));
  axpy(std::span(sum).first(scalars.size()), factor, scalars);
}

template <class T>
void append(std::vector<T>& out, std::span<const T> values) {
  out.insert(out.end(), values.begin(), values.end());
}

}  // namespace

void GroupSum::add(const GroupEquation& equation, std::span<const G1Affine> model_rows, const Fr& factor) {
  add_scaled(generators_, factor, equation.generators);
  blinder_ += factor * equation.blinder;
  if (!equation.model_rows.empty()) add_scaled(scalars_of(model_rows), factor, equation.model_rows);
  append(points_, std::span(equation.points));
  for (const Fr& scalar : equation.scalars) scalars_.push_back(factor * scalar);
}

std::vector<Fr>& GroupSum::scalars_of(std::span<const G1Affine> model_rows) {
  const auto known = std::find_if(models_.begin(), models_.end(), [&](const Model& model) {
    return model.rows.data() == model_rows.data() && model.rows.size() == model_rows.size();
  });
  if (known != models_.end()) return known->scalars;
  models_.push_back({model_rows, {}});
  return models_.back().scalars;
}

bool GroupSum::is_identity() const {
  std::vector<G1Affine> points;
  std::vector<Fr> scalars;
  const auto add = [&](std::span<const G1Affine> bases, std::span<const Fr> multiples) {
    append(points, bases.first(multiples.size()));
    append(scalars, multiples);
  };
  add(generators(generators_.size()), generators_);
  add({&blinding_generator(), 1}, {&blinder_, 1});
  for (const Model& model : models_) add(model.rows, model.scalars);
  add(points_, scalars_);
  return msm(points, scalars).is_identity();
}

}  // namespace veil
