export {
  type ArrayKernels,
  instantiateKernels,
  type Kernels,
  kernelsModule,
  type LuKernels,
} from "./kernels.js";
