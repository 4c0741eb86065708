"""Program that sends requests to exports and prints each response as a line of JSON.

Run it as `python send_requests.py FOLDER...`. It runs in a separate process, because a request
without the batch dimension would abort the process if it were not checked.
"""

import base64
import json
import sys

import numpy as np
import tensorflow as tf

PNG = tf.io.encode_png(tf.zeros([5, 4, 1], tf.uint8)).numpy()


def requests(signature):
    """Yield the title and inputs of valid and invalid requests to an endpoint."""
    _, specs = signature.structured_input_signature
    if "image_bytes" in specs:
        yield "good", {"image_bytes": np.array([PNG, PNG], object)}
        yield "empty", {"image_bytes": np.zeros([0], object)}
        yield "bad rank", {"image_bytes": np.array(PNG, object)}
        yield "bad rank", {"image_bytes": np.array([[PNG]], object)}
        return
    side = specs["grayscale"].shape[1] or 8
    dtype = specs["grayscale"].dtype.as_numpy_dtype
    numbers = {"seed": np.int32(0), "temperature": np.float32(1)} if "seed" in specs else {}

    def images(*shape):
        return {"grayscale": np.ones(shape, dtype), **numbers}

    yield "good", images(2, side, side, 1)
    yield "empty", images(0, side, side, 1)
    yield "bad rank", images(side, side, 1)
    yield "bad rank", images(side, side)
    yield "bad rank", images(1, 1, side, side, 1)
    yield "bad channels", images(2, side, side, 3)
    yield "bad size", images(2, 0, side, 1)
    if specs["grayscale"].shape[1]:
        yield "bad size", images(2, side, side + 1, 1)
    if numbers:
        good = images(2, side, side, 1)
        yield "good", {**good, "seed": np.int32([1, 2]), "temperature": np.float32([1, 1])}
        yield "bad seed", {**good, "seed": np.int32([1, 2, 3])}
        yield "bad temperature", {**good, "temperature": np.float32([[1], [1]])}


def one_of_each(signature):
    """For slow endpoints, yield only the first request with each title."""
    seen = set()
    for title, inputs in requests(signature):
        if title not in seen:
            yield title, inputs
        seen.add(title)


def direct(_, model):
    """Call endpoints from Python."""
    for name, signature in model.signatures.items():
        for title, inputs in requests(signature):
            tensors = {key: tf.constant(value) for key, value in inputs.items()}
            yield name, title, inputs, lambda s=signature, t=tensors: s(**t)


def mapped(_, model):
    """Call endpoints in a dataset of tensors with unknown shapes."""
    for name, signature in model.signatures.items():
        _, specs = signature.structured_input_signature
        unknown = {key: tf.TensorSpec(None, spec.dtype) for key, spec in specs.items()}
        requested = dict(one_of_each(signature))
        dataset = tf.data.Dataset.from_generator(requested.values, output_signature=unknown)
        # The iterator continues after an error. A new iterator would optimize the graph again.
        responses = iter(dataset.map(lambda tensors, signature=signature: signature(**tensors)))
        for title, inputs in requested.items():
            yield name, title, inputs, lambda responses=responses: next(responses)


def rest(path, model):
    """Send JSON requests to a session, as TensorFlow Serving does."""
    graph = tf.Graph()
    with graph.as_default():
        session = tf.compat.v1.Session(graph=graph)
        definition = tf.compat.v1.saved_model.load(session, ["serve"], path)
    for name, signature in model.signatures.items():
        for title, inputs in one_of_each(signature):
            body = json.dumps({"inputs": {key: _encoded(value) for key, value in inputs.items()}})
            signature_def = definition.signature_def[name]

            def call(body=body, signature_def=signature_def):
                values = json.loads(body)["inputs"]
                feeds = {}
                for key, info in signature_def.inputs.items():
                    dtype = tf.as_dtype(info.dtype).as_numpy_dtype
                    tensor = graph.get_tensor_by_name(info.name)._as_tf_output()
                    feeds[tensor] = np.array(_decoded(values[key]), dtype)
                fetches = [
                    graph.get_tensor_by_name(info.name)._as_tf_output()
                    for info in signature_def.outputs.values()
                ]
                # Unlike a server, `run` would compare shapes in Python.
                results = session._call_tf_sessionrun(None, feeds, fetches, [], None)
                return dict(zip(signature_def.outputs, results, strict=True))

            # Empty lists in JSON have no shape.
            if inputs[next(iter(inputs))].size:
                yield name, title, inputs, call


def _encoded(value):
    value = np.asarray(value).tolist()
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else value


def main():
    for path in sys.argv[1:]:
        model = tf.saved_model.load(path)
        for way in (direct, mapped, rest):
            for endpoint, title, inputs, call in way(path, model):
                answer = {"model": path, "way": way.__name__, "endpoint": endpoint, "title": title}
                answer["shapes"] = {key: list(np.shape(value)) for key, value in inputs.items()}
                try:
                    answer["outputs"] = {
                        key: list(np.shape(value)) for key, value in call().items()
                    }
                except tf.errors.InvalidArgumentError as error:
                    answer["error"] = str(error)
                print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
