FROM scratch AS final
COPY . /
