import { customDialects } from './dialects/openai.ts';
import { conforms } from './suite.ts';

Object.values(customDialects).forEach(conforms);
