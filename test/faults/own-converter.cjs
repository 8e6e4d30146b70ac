// A host's own payload converter: JSON in an envelope, under an encoding of its own. Temporal loads it by its path, in
// workflows too.
const { CompositePayloadConverter, UndefinedPayloadConverter } = require('@temporalio/common');

const encodingType = 'json/of-the-host';

class EnvelopeConverter {
  encodingType = encodingType;

  toPayload(value) {
    if (value === undefined) return undefined;
    const data = new TextEncoder().encode(JSON.stringify({ host: value }));
    return { metadata: { encoding: new TextEncoder().encode(encodingType) }, data };
  }

  fromPayload({ data }) {
    return JSON.parse(new TextDecoder().decode(data)).host;
  }
}

exports.payloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new EnvelopeConverter(),
);
