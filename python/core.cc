// The functions of veil.h as Python calls them: arrays and bytes in, (code, sentence, results...) out. The package
// veil makes exceptions and objects of these. Long work runs without the interpreter's lock.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>

#include "veil.h"

namespace nb = nanobind;

namespace {

using Numbers = nb::ndarray<const double, nb::c_contig, nb::device::cpu>;
using Named = std::vector<std::pair<std::optional<std::string>, Numbers>>;

struct FreeBytes {
  void operator()(veil_bytes* bytes) const { veil_bytes_free(bytes); }
};
using OwnedBytes = std::unique_ptr<veil_bytes, FreeBytes>;

const std::uint8_t* data_of(const nb::bytes& bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.c_str()); }

nb::bytes to_python(const veil_bytes* bytes) {
  return nb::bytes(reinterpret_cast<const char*>(veil_bytes_data(bytes)), veil_bytes_size(bytes));
}

// Arrays as veil.h wants them; they point into `named`.
class Arrays {
 public:
  explicit Arrays(const Named& named) : lengths_(named.size()) {
    for (std::size_t i = 0; i < named.size(); ++i) {
      const Numbers& numbers = named[i].second;
      for (std::size_t axis = 0; axis < numbers.ndim(); ++axis) lengths_[i].push_back(numbers.shape(axis));
      const char* name = named[i].first ? named[i].first->c_str() : nullptr;
      arrays_.push_back({name, numbers.data(), lengths_[i].data(), lengths_[i].size()});
    }
  }
  const veil_array* data() const { return arrays_.data(); }
  std::size_t size() const { return arrays_.size(); }

 private:
  std::vector<std::vector<std::size_t>> lengths_;
  std::vector<veil_array> arrays_;
};

// Called within long work: lets Python handle its signals (Ctrl-C), and the caller show progress. What either raises
// stops the work and is raised again after it.
struct Progress {
  nb::object callback;
  std::optional<nb::python_error> raised;

  static int call(void* self, const char* stage, double done) noexcept {
    Progress& progress = *static_cast<Progress*>(self);
    const nb::gil_scoped_acquire lock;
    try {
      if (PyErr_CheckSignals() != 0) throw nb::python_error();
      if (!progress.callback.is_none()) progress.callback(stage, done);
      return 0;
    } catch (nb::python_error& error) {
      progress.raised.emplace(error);
    } catch (...) {
    }
    return 1;
  }

  void raise_again() {
    if (raised) throw nb::python_error(*raised);
  }
};

template <class Work>
veil_code run(Progress& progress, const Work& work) {
  veil_code code = VEIL_INTERNAL;
  {
    const nb::gil_scoped_release unlocked;
    code = work();
  }
  progress.raise_again();
  return code;
}

nb::tuple set_up(const nb::bytes& onnx, const Named& named,
                 const std::vector<std::pair<std::string, std::string>>& choices, nb::object callback) {
  veil_error error{};
  const std::unique_ptr<veil_options, decltype(&veil_options_free)> options(veil_options_new(), veil_options_free);
  for (const auto& [name, value] : choices) {
    const veil_code code = veil_options_set(options.get(), name.c_str(), value.c_str(), &error);
    if (code != VEIL_DONE) return nb::make_tuple(static_cast<int>(code), error.message, nb::none());
  }
  const Arrays arrays(named);
  Progress progress{std::move(callback), {}};
  veil_bytes *prover = nullptr, *verifier = nullptr, *report = nullptr, *graph = nullptr;
  const veil_code code = run(progress, [&] {
    return veil_setup(data_of(onnx), onnx.size(), arrays.data(), arrays.size(), options.get(), Progress::call,
                      &progress, &prover, &verifier, &report, &graph, &error);
  });
  const OwnedBytes owned[] = {OwnedBytes(prover), OwnedBytes(verifier), OwnedBytes(report), OwnedBytes(graph)};
  if (code != VEIL_DONE) return nb::make_tuple(static_cast<int>(code), error.message, nb::none());
  return nb::make_tuple(static_cast<int>(code), "",
                        nb::make_tuple(to_python(prover), to_python(verifier), to_python(report), to_python(graph)));
}

class Prover {
 public:
  explicit Prover(veil_prover* prover) : prover_(prover, veil_prover_free) {}

  std::string model_id() const {
    char id[65];
    veil_prover_model_id(prover_.get(), id);
    return id;
  }

  nb::tuple prove(const Named& row, const nb::bytes& bound_to, nb::object callback) const {
    const Arrays arrays(row);
    Progress progress{std::move(callback), {}};
    veil_error error{};
    veil_bytes *proof = nullptr, *note = nullptr;
    const veil_code code = run(progress, [&] {
      return veil_prover_prove(prover_.get(), arrays.data(), arrays.size(), data_of(bound_to), bound_to.size(),
                               Progress::call, &progress, &proof, &note, &error);
    });
    const OwnedBytes owned[] = {OwnedBytes(proof), OwnedBytes(note)};
    return nb::make_tuple(static_cast<int>(code), error.message, nb::make_tuple(to_python(proof), to_python(note)));
  }

  nb::tuple prepare(std::size_t proofs) const {
    Progress progress{nb::none(), {}};
    veil_error error{};
    const veil_code code = run(progress, [&] { return veil_prover_prepare(prover_.get(), proofs, &error); });
    return nb::make_tuple(static_cast<int>(code), error.message, nb::none());
  }
  std::size_t prepared() const { return veil_prover_prepared(prover_.get()); }

  nb::tuple evaluate(const Named& rows) const {
    const Arrays arrays(rows);
    Progress progress{nb::none(), {}};
    veil_error error{};
    veil_bytes* comparison = nullptr;
    const veil_code code = run(progress, [&] {
      return veil_prover_evaluate(prover_.get(), arrays.data(), arrays.size(), &comparison, &error);
    });
    const OwnedBytes owned(comparison);
    return nb::make_tuple(static_cast<int>(code), error.message, to_python(comparison));
  }

 private:
  std::shared_ptr<veil_prover> prover_;
};

class Verifier {
 public:
  explicit Verifier(veil_verifier* verifier) : verifier_(verifier, veil_verifier_free) {}

  std::string model_id() const {
    char id[65];
    veil_verifier_model_id(verifier_.get(), id);
    return id;
  }

  nb::tuple verify(const nb::bytes& proof, const nb::bytes& bound_to) const {
    Progress progress{nb::none(), {}};
    veil_error error{};
    veil_bytes* statement = nullptr;
    const veil_code code = run(progress, [&] {
      return veil_verifier_verify(verifier_.get(), data_of(proof), proof.size(), data_of(bound_to), bound_to.size(),
                                  &statement, &error);
    });
    const OwnedBytes owned(statement);
    return nb::make_tuple(static_cast<int>(code), error.message, to_python(statement));
  }

  // Of pairs of a proof and what it must have been bound to.
  nb::tuple verify_many(const std::vector<std::pair<nb::bytes, nb::bytes>>& proofs) const {
    std::vector<veil_presented> presented;
    for (const auto& [proof, bound_to] : proofs) {
      presented.push_back({data_of(proof), proof.size(), data_of(bound_to), bound_to.size()});
    }
    Progress progress{nb::none(), {}};
    veil_error error{};
    veil_bytes* verdicts = nullptr;
    const veil_code code = run(progress, [&] {
      return veil_verifier_verify_many(verifier_.get(), presented.data(), presented.size(), &verdicts, &error);
    });
    const OwnedBytes owned(verdicts);
    return nb::make_tuple(static_cast<int>(code), error.message, to_python(verdicts));
  }

 private:
  std::shared_ptr<veil_verifier> verifier_;
};

nb::tuple open_prover(const nb::bytes& key) {
  veil_error error{};
  veil_prover* prover = nullptr;
  Progress progress{nb::none(), {}};
  const veil_code code = run(progress, [&] { return veil_prover_open(data_of(key), key.size(), &prover, &error); });
  if (code != VEIL_DONE) return nb::make_tuple(static_cast<int>(code), error.message, nb::none());
  return nb::make_tuple(static_cast<int>(code), "", Prover(prover));
}

nb::tuple open_verifier(const nb::bytes& key, const std::optional<std::string>& model_id) {
  veil_error error{};
  veil_verifier* verifier = nullptr;
  Progress progress{nb::none(), {}};
  const char* id = model_id ? model_id->c_str() : nullptr;
  const veil_code code =
      run(progress, [&] { return veil_verifier_open(data_of(key), key.size(), id, &verifier, &error); });
  if (code != VEIL_DONE) return nb::make_tuple(static_cast<int>(code), error.message, nb::none());
  return nb::make_tuple(static_cast<int>(code), "", Verifier(verifier));
}

}  // namespace

NB_MODULE(_core, m) {
  nb::set_leak_warnings(false);
  m.def("version", &veil_version);
  m.def("set_threads", &veil_set_threads);
  m.def("set_up", &set_up, nb::arg("onnx"), nb::arg("rows"), nb::arg("choices"), nb::arg("progress").none());
  m.def("open_prover", &open_prover);
  m.def("open_verifier", &open_verifier, nb::arg("key"), nb::arg("model_id").none());
  nb::class_<Prover>(m, "Prover")
      .def_prop_ro("model_id", &Prover::model_id)
      .def("prove", &Prover::prove, nb::arg("row"), nb::arg("bound_to"), nb::arg("progress").none())
      .def("prepare", &Prover::prepare)
      .def_prop_ro("prepared", &Prover::prepared)
      .def("evaluate", &Prover::evaluate);
  nb::class_<Verifier>(m, "Verifier")
      .def_prop_ro("model_id", &Verifier::model_id)
      .def("verify", &Verifier::verify)
      .def("verify_many", &Verifier::verify_many);
}
