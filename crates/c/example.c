/* cc example.c -I include -L ../../target/release -lsapwood_c -o example */
#include "sapwood.h"
#include <stdio.h>

int main(void) {
    SapwoodModel *model;
    double row[4] = {5.1, 3.5, 1.4, 0.2}, prediction;
    if (sapwood_load_file("model.sapwood", &model) != SAPWOOD_STATUS_OK ||
        sapwood_predict(model, SAPWOOD_OUTPUT_VALUE, row, 1, 4, NULL, &prediction, 1) != SAPWOOD_STATUS_OK)
        return fprintf(stderr, "%s\n", sapwood_error()), 1;
    printf("%g\n", prediction);
    sapwood_free(model);
}
