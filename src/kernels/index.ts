export type { BinaryKernel, GenericKernels, ReductionKernel, UnaryKernel } from "./generic-kernels.js";
export {
  type ArrayKernels,
  instantiateKernels,
  type Kernels,
  kernelsModule,
  type LuKernels,
} from "./kernels.js";
