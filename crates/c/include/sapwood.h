#ifndef SAPWOOD_H
#define SAPWOOD_H

/* Made from crates/c by `UPDATE_HEADER=1 cargo test -p sapwood-c`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * How a call ended. Any other value than `SAPWOOD_STATUS_OK` is a failure, which `sapwood_error` describes.
 */
typedef enum {
  /**
   * All is well.
   */
  SAPWOOD_STATUS_OK = 0,
  /**
   * An argument makes no sense: a null pointer, text that is not UTF-8, an unknown output, a buffer of the wrong length.
   */
  SAPWOOD_STATUS_INVALID_ARGUMENT = 1,
  /**
   * A file could not be read.
   */
  SAPWOOD_STATUS_IO = 2,
  /**
   * A file is no model, or it is damaged.
   */
  SAPWOOD_STATUS_INVALID_MODEL = 3,
  /**
   * A model needs a newer release of Sapwood, or has something that Sapwood cannot score with.
   */
  SAPWOOD_STATUS_UNSUPPORTED_MODEL = 4,
  /**
   * Rows do not fit the model's schema.
   */
  SAPWOOD_STATUS_INVALID_ROWS = 5,
  /**
   * The model was trained with base margins, and none were given.
   */
  SAPWOOD_STATUS_BASE_MARGIN_REQUIRED = 6,
  /**
   * The model does not have the output that was asked for.
   */
  SAPWOOD_STATUS_INVALID_OUTPUT = 7,
  /**
   * A bug of Sapwood.
   */
  SAPWOOD_STATUS_INTERNAL = 8,
} SapwoodStatus;

/**
 * What to tell about a row.
 */
typedef enum {
  /**
   * What the objective predicts: a mean, a probability, one for each class, a class.
   */
  SAPWOOD_OUTPUT_VALUE = 0,
  /**
   * The margin of each output.
   */
  SAPWOOD_OUTPUT_MARGIN = 1,
  /**
   * Classification only: the probability of class 1; of more than two classes, that of each.
   */
  SAPWOOD_OUTPUT_PROBABILITY = 2,
  /**
   * Classification only: the index of the class.
   */
  SAPWOOD_OUTPUT_CLASS = 3,
  /**
   * The number of the leaf in each tree.
   */
  SAPWOOD_OUTPUT_LEAF = 4,
  /**
   * What each feature contributes to each margin (SHAP values): output by output, its features in order, then the bias.
   */
  SAPWOOD_OUTPUT_CONTRIBUTIONS = 5,
  /**
   * Of each output a matrix of interactions, row by row: features in order, then the bias, both ways.
   */
  SAPWOOD_OUTPUT_INTERACTIONS = 6,
} SapwoodOutput;

/**
 * A model, ready for scoring. Nothing changes it, so that any number of threads may use it at once.
 */
typedef struct SapwoodModel SapwoodModel;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Loads the model file at `path`, Sapwood's, XGBoost's (JSON, UBJSON), LightGBM's (text) or in ONNX, and stores it in `*model`, which `sapwood_free` lets go. `*model` is set to null on failure.
 *
 * # Safety
 * `path` must be null or a text that ends with a zero byte, `model` null or a place for a pointer.
 */
SapwoodStatus sapwood_load_file(const char *path,
                                SapwoodModel **model);

/**
 * Loads a model from the `length` bytes of a model file at `bytes` and stores it in `*model`, which `sapwood_free` lets go. The bytes are
 * no longer needed afterwards. `*model` is set to null on failure.
 *
 * # Safety
 * `bytes` must be null or point at `length` bytes, `model` must be null or a place for a pointer.
 */
SapwoodStatus sapwood_load_memory(const uint8_t *bytes,
                                  size_t length,
                                  SapwoodModel **model);

/**
 * Lets a model go. Null is allowed.
 *
 * # Safety
 * `model` must come from a function that loads, must not have been let go, and no other thread may be using it.
 */
void sapwood_free(SapwoodModel *model);

/**
 * Stores in `*columns` the number of values that an output has for each row.
 *
 * # Safety
 * `model` must be null or a model that is loaded, `columns` null or a place for a number.
 */
SapwoodStatus sapwood_columns(const SapwoodModel *model, int32_t output, size_t *columns);

/**
 * Whether rows must come with base margins, because the training data had some.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
bool sapwood_requires_base_margin(const SapwoodModel *model);

/**
 * Scores rows of doubles. `rows` holds `num_rows × num_features` values, row by row, in the order of the model's features; NaN is missing.
 * `base_margins` is null or holds a margin for each row and output, with which rows begin in place of the base score. `predictions` has
 * room for `length` values, which must be `num_rows` × what `sapwood_columns` says. Nothing is allocated for margins, means and
 * probabilities of a single row after the first call on a thread, if the model is an ordinary one.
 *
 * # Safety
 * `model` must be null or a model that is loaded; the other pointers must be null or point at as many values as said, and nobody else may
 * use `predictions` during the call.
 */
SapwoodStatus sapwood_predict(const SapwoodModel *model,
                              int32_t output,
                              const double *rows,
                              size_t num_rows,
                              size_t num_features,
                              const double *base_margins,
                              double *predictions,
                              size_t length);

/**
 * Scores rows of floats; as `sapwood_predict` otherwise.
 *
 * # Safety
 * That of `sapwood_predict`.
 */
SapwoodStatus sapwood_predict_float(const SapwoodModel *model,
                                    int32_t output,
                                    const float *rows,
                                    size_t num_rows,
                                    size_t num_features,
                                    const double *base_margins,
                                    double *predictions,
                                    size_t length);

/**
 * Scores rows of a sparse matrix in compressed rows (CSR), as SciPy has them: the entries of row `i` are those from `row_starts[i]` to
 * `row_starts[i + 1]`, each with the number of its feature in `features` and its value in `values`. `row_starts` has `num_rows + 1`
 * values, `features` and `values` have `num_entries`. Features without an entry have the value `absent`: NaN for missing, or 0. As
 * `sapwood_predict` otherwise. A feature with two entries in a row is a failure.
 *
 * # Safety
 * That of `sapwood_predict`.
 */
SapwoodStatus sapwood_predict_csr(const SapwoodModel *model,
                                  int32_t output,
                                  const int64_t *row_starts,
                                  const int32_t *features,
                                  const double *values,
                                  size_t num_entries,
                                  size_t num_rows,
                                  size_t num_features,
                                  double absent,
                                  const double *base_margins,
                                  double *predictions,
                                  size_t length);

/**
 * The release of this library, such as "0.1.0".
 */
const char *sapwood_version(void);

/**
 * The number of values in a row.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
size_t sapwood_num_features(const SapwoodModel *model);

/**
 * The number of margins of a row: the number of classes, targets or quantiles, else 1.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
size_t sapwood_num_outputs(const SapwoodModel *model);

/**
 * The number of classes; 0 if the model does not tell classes apart.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
size_t sapwood_num_classes(const SapwoodModel *model);

/**
 * The text of a class; null where the labels of the training data were numbers. It lives as long as the model.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
const char *sapwood_class_name(const SapwoodModel *model,
                               size_t class_index);

/**
 * The name of a feature, in the order of the values in a row. It lives as long as the model.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
const char *sapwood_feature_name(const SapwoodModel *model, size_t feature);

/**
 * What the values of a feature are: "numeric", "boolean" (0 and 1), "date" (days since 1970), "datetime" (microseconds since 1970) or
 * "categorical" (codes of levels).
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
const char *sapwood_feature_type(const SapwoodModel *model,
                                 size_t feature);

/**
 * The number of levels of a categorical feature; 0 for others.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
size_t sapwood_num_levels(const SapwoodModel *model, size_t feature);

/**
 * The text of a level of a categorical feature, by its code. It lives as long as the model.
 *
 * # Safety
 * `model` must be null or a model that is loaded.
 */
const char *sapwood_level(const SapwoodModel *model, size_t feature, size_t code);

/**
 * Stores in `*code` the value that stands for the level `text` of a categorical feature. A level that the model does not know is a
 * failure; to score it nevertheless, score NaN in its place: it goes where missing values go.
 *
 * # Safety
 * `model` must be null or a model that is loaded, `text` null or a text that ends with a zero byte, `code` null or a place for a double.
 */
SapwoodStatus sapwood_level_code(const SapwoodModel *model,
                                 size_t feature,
                                 const char *text,
                                 double *code);

/**
 * What was wrong in the last call that failed on this thread: text in UTF-8, empty if none has failed. It is valid until the next call
 * that fails on this thread.
 */
const char *sapwood_error(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* SAPWOOD_H */
