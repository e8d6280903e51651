# Avisos breves que Telegram muestra al pulsar un botón.
telegram-vote-good = ¡Gracias! Me alegro de haber acertado.
telegram-vote-bad = Gracias, lo tendré en cuenta.
