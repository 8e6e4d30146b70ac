import { build } from './built.mjs';

build();
