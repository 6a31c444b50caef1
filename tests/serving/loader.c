/* Loads a SavedModel and asks it once, with TensorFlow's C interface alone: no Python, no code of ours.

   loader FOLDER FEED FETCH strings|ids LIBRARIES ROWS VALUE...

   FEED and FETCH are names of tensors ("name:0"). LIBRARIES, separated by ":", bring further operations.
   With "strings" the values are the rows of a string tensor [ROWS], with "ids" those of an int32 tensor
   [ROWS, VALUES / ROWS]. What is fetched is printed, a value a line. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/c/c_api.h"
#include "tensorflow/c/tf_tstring.h"

static TF_Status* status;

static void check(const char* what) {
  if (TF_GetCode(status) != TF_OK) {
    fprintf(stderr, "%s: %s\n", what, TF_Message(status));
    exit(1);
  }
}

static TF_Output find(TF_Graph* graph, char* name) {
  char* colon = strrchr(name, ':');
  TF_Output output;
  *colon = 0;
  output.oper = TF_GraphOperationByName(graph, name);
  output.index = atoi(colon + 1);
  if (!output.oper) {
    fprintf(stderr, "no operation %s\n", name);
    exit(1);
  }
  return output;
}

int main(int argc, char** argv) {
  int is_string, count, i;
  long rows;
  TF_Tensor *input, *result;
  TF_Output feed, fetch;
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* tags[] = {"serve"};
  TF_Session* session;
  char* library;

  if (argc < 8) return 2;
  status = TF_NewStatus();
  for (library = strtok(argv[5], ":"); library; library = strtok(NULL, ":")) {
    TF_LoadLibrary(library, status);
    check(library);
  }
  session = TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  check("loading");
  feed = find(graph, argv[2]);
  fetch = find(graph, argv[3]);

  is_string = !strcmp(argv[4], "strings");
  rows = atol(argv[6]);
  count = argc - 7;
  if (is_string) {
    int64_t shape[] = {rows};
    TF_TString* cells;
    input = TF_AllocateTensor(TF_STRING, shape, 1, count * sizeof(TF_TString));
    cells = TF_TensorData(input);
    for (i = 0; i < count; i++) {
      TF_StringInit(&cells[i]);
      TF_StringCopy(&cells[i], argv[7 + i], strlen(argv[7 + i]));
    }
  } else {
    int64_t shape[] = {rows, count / rows};
    int32_t* cells;
    input = TF_AllocateTensor(TF_INT32, shape, 2, count * sizeof(int32_t));
    cells = TF_TensorData(input);
    for (i = 0; i < count; i++) cells[i] = atoi(argv[7 + i]);
  }

  TF_SessionRun(session, NULL, &feed, &input, 1, &fetch, &result, 1, NULL, 0, NULL, status);
  check("asking");
  count = (int)TF_TensorElementCount(result);
  for (i = 0; i < count; i++) {
    if (TF_TensorType(result) == TF_STRING) {
      const TF_TString* cell = (TF_TString*)TF_TensorData(result) + i;
      printf("%.*s\n", (int)TF_StringGetSize(cell), TF_StringGetDataPointer(cell));
    } else {
      printf("%d\n", ((int32_t*)TF_TensorData(result))[i]);
    }
  }
  return 0;
}
