// Builds an ONNX graph node by node. Knows the file format, not what logdet's operations mean: see spelling.ts.

import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { LogdetError } from "../errors.js";
import type { ElementType, Shape } from "../tensor/index.js";

/** How "float" is stored when a graph is written. */
export type FloatType = "float32" | "float64";

/** Element types of graph inputs and outputs; "double" is float64 whatever the graph's own float type. */
export type PortType = ElementType | "double";

/** Opset 18 is the oldest with scatter-add and axes as inputs everywhere: any ONNX Runtime since 1.14 runs it. */
const opset = 18n;
const irVersion = 8n;

type AttributeValue = number | string | readonly number[] | { float: number };

function attribute(name: string, value: AttributeValue): AttributeProto {
  if (typeof value === "string")
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if ("float" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

const bytesOf = (array: Float32Array | Float64Array | BigInt64Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(array.slice().buffer as ArrayBuffer);

export class GraphWriter {
  readonly floatType: FloatType;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #shared = new Map<string, string>();
  #names = 0;
  #batchSource: { name: string; axis: number } | undefined;

  constructor(floatType: FloatType) {
    this.floatType = floatType;
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  dataType(type: PortType): DataType {
    if (type === "int") return DataType.INT64;
    if (type === "bool") return DataType.BOOL;
    return type === "double" || this.floatType === "float64" ? DataType.DOUBLE : DataType.FLOAT;
  }

  /** Adds a node and returns the name of its result. */
  node(opType: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    const output = `${opType}_${this.#names++}`;
    this.#nodes.push(
      create(NodeProtoSchema, {
        opType,
        name: output,
        input: [...inputs],
        output: [output],
        attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
      }),
    );
    return output;
  }

  /** As `node`, for results that several places need: the same node is added once. */
  shared(opType: string, inputs: readonly string[], attributes: Record<string, AttributeValue> = {}): string {
    return this.#once(`${opType}(${inputs}) ${JSON.stringify(attributes)}`, () =>
      this.node(opType, inputs, attributes),
    );
  }

  #once(key: string, make: () => string): string {
    const name = this.#shared.get(key) ?? make();
    this.#shared.set(key, name);
    return name;
  }

  /** A constant of the graph's float type. */
  floats(values: Float64Array | Float32Array, shape: readonly number[]): string {
    const stored =
      this.floatType === "float64"
        ? Float64Array.from(values)
        : values instanceof Float32Array
          ? values
          : Float32Array.from(values);
    return this.#initializer(bytesOf(stored), this.dataType("float"), shape);
  }

  /** A constant stored in float64 whatever the graph's float type. */
  doubles(values: Float64Array, shape: readonly number[]): string {
    return this.#initializer(bytesOf(values), DataType.DOUBLE, shape);
  }

  /** A scalar of the graph's float type; equal scalars are stored once. */
  scalar(value: number): string {
    return this.#once(`scalar ${Object.is(value, -0) ? "-0" : value}`, () =>
      this.floats(Float64Array.of(value), []),
    );
  }

  /** A vector of int64, for shapes and axes; equal vectors are stored once. */
  ints(values: readonly number[]): string {
    return this.#once(`ints ${values}`, () =>
      this.#initializer(bytesOf(BigInt64Array.from(values, BigInt)), DataType.INT64, [values.length]),
    );
  }

  #initializer(rawData: Uint8Array<ArrayBuffer>, dataType: DataType, shape: readonly number[]): string {
    const name = `constant_${this.#names++}`;
    this.#initializers.push(create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData }));
    return name;
  }

  /** The number of rows of this run, as an int64 vector of one element. */
  batchSize(): string {
    if (!this.#batchSource)
      throw new LogdetError(
        "usage",
        "the outputs depend on the size of the batch, but on no input that has one",
      );
    const { name, axis } = this.#batchSource;
    return this.shared("Shape", [name], { start: axis, end: axis + 1 });
  }

  /** A shape as an int64 vector; "batch" is looked up when the graph runs. */
  shapeVector(shape: Shape): string {
    if (!shape.includes("batch")) return this.ints(shape as number[]);
    const parts = shape.map((size) => (size === "batch" ? this.batchSize() : this.ints([size])));
    return parts.length === 1 ? parts[0] : this.shared("Concat", parts, { axis: 0 });
  }

  input(name: string, type: PortType, shape: Shape): void {
    this.#inputs.push(this.#port(name, type, shape));
    const axis = shape.indexOf("batch");
    if (axis >= 0) this.#batchSource ??= { name, axis };
  }

  /** Declares that the value `source` leaves the graph under `name`. */
  output(name: string, source: string, type: PortType, shape: Shape): void {
    this.#nodes.push(create(NodeProtoSchema, { opType: "Identity", name, input: [source], output: [name] }));
    this.#outputs.push(this.#port(name, type, shape));
  }

  #port(name: string, type: PortType, shape: Shape): ValueInfoProto {
    const dim = shape.map((size) =>
      create(TensorShapeProto_DimensionSchema, {
        value:
          size === "batch" ? { case: "dimParam", value: "batch" } : { case: "dimValue", value: BigInt(size) },
      }),
    );
    return create(ValueInfoProtoSchema, {
      name,
      type: create(TypeProtoSchema, {
        value: {
          case: "tensorType",
          value: create(TypeProto_TensorSchema, {
            elemType: this.dataType(type),
            shape: create(TensorShapeProtoSchema, { dim }),
          }),
        },
      }),
    });
  }

  /** The finished model file. `metadata` is stored as text properties. */
  finish(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion,
        producerName: "logdet",
        opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: opset })],
        metadataProps: Object.entries(metadata).map(([key, value]) =>
          create(StringStringEntryProtoSchema, { key, value }),
        ),
        graph: create(GraphProtoSchema, {
          name: "logdet",
          node: this.#nodes,
          initializer: this.#initializers,
          input: this.#inputs,
          output: this.#outputs,
        }),
      }),
    );
  }
}
